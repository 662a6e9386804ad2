import { host } from './host.js';

const ESC = String.fromCharCode(27);

/**
 * Runs a command on a terminal of this host and returns what it drew, a frame each. Throws unless each frame is one
 * synchronized update, drawn from the top of the screen, which the first one empties.
 */
export async function terminalFrames(command: readonly string[]): Promise<readonly string[]> {
  const words = ['env', 'TERM=xterm-256color', ...command].map((word) => `'${word}'`);
  const script = ['script', '-qec', words.join(' '), '/dev/null'];
  const { code, stdout } = await host.run(script, { input: '' });
  if (code !== 0) throw new Error(`${words.join(' ')}: exit code ${code}: ${stdout}`);
  const frames = stdout.split(`${ESC}[?2026h`).slice(1);
  for (const [i, frame] of frames.entries()) {
    const drawn = i === 0 ? frame.trimStart() : frame;
    if (!drawn.startsWith(`${ESC}[H`) || !frame.includes(`${ESC}[?2026l`))
      throw new Error(`frame ${i} is not drawn over the one before: ${JSON.stringify(frame)}`);
  }
  return frames;
}
