import { folded, ToolError } from '@probekit/core';

/** A flame graph of the run. The library that draws it is loaded when there is something to draw. */
export function flamegraphFile(frequency: number) {
  return {
    renderer: folded({ annotate: true }),
    async convert(text: Buffer): Promise<Buffer> {
      if (text.length === 0)
        throw new ToolError('nothing ran on a CPU: there is no picture to draw');
      const { flamegraph } = await import('@probekit/flamegraph');
      const { svg } = await flamegraph(text, {
        title: 'CPU flame graph',
        subtitle: `${frequency} Hertz`,
      });
      return svg;
    },
  };
}
