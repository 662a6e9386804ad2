# As spin.c, in Python.
import random
import time


def hot(times):
    total = 0
    for i in range(times):
        total = (total * 7 + i) % 1000003
    return total


def cold(times):
    total = 0
    for i in range(times):
        total = (total * 5 + i) % 1000003
    return total


spent_hot = spent_cold = 0
at = 0
while True:
    at += 1
    times = 3000 + random.randrange(6000)
    begun = time.thread_time_ns()
    hot(times * 7 // 5)
    middle = time.thread_time_ns()
    cold(times * 3 // 5)
    end = time.thread_time_ns()
    spent_hot += middle - begun
    spent_cold += end - middle
    if at % 16 == 0:
        print("spent", spent_hot, spent_cold, flush=True)
