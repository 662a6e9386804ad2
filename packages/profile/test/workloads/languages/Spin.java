// As spin.c, in Java.
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Random;

public class Spin {
  static volatile long sink;

  static void hot(long times) {
    long sum = sink;
    for (long i = 0; i < times; i++) sum = sum * 6364136223846793005L + 1;
    sink = sum;
  }

  static void cold(long times) {
    long sum = sink;
    for (long i = 0; i < times; i++) sum = sum * 6364136223846793005L ^ 3;
    sink = sum;
  }

  public static void main(String[] arguments) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    Random random = new Random();
    long spentHot = 0;
    long spentCold = 0;
    for (int at = 1; ; at++) {
      long times = 100000 + random.nextInt(200000);
      long begun = threads.getCurrentThreadCpuTime();
      hot(times * 7 / 5);
      long middle = threads.getCurrentThreadCpuTime();
      cold(times * 3 / 5);
      long end = threads.getCurrentThreadCpuTime();
      spentHot += middle - begun;
      spentCold += end - middle;
      if (at % 16 == 0) System.out.println("spent " + spentHot + " " + spentCold);
    }
  }
}
