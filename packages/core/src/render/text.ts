import { escapeText } from '../escape.js';
import type { Histogram } from '../report.js';
import { histogramText } from './histogram-text.js';
import type { Renderer } from './renderer.js';
import { type StackTextOptions, stackText } from './stack-text.js';
import { tableHeader, tableRows } from './table.js';

/** For a person, in BCC's formats. Notices are not in it: they go to stderr. */
export function text(options: StackTextOptions = {}): Renderer {
  let headed = false;
  return {
    report(report) {
      switch (report.type) {
        case 'histogram':
          return `\n${labels(report)}${histogramText(report)}`;
        case 'stacks':
          return stackText(report, options);
        case 'rows': {
          const header = headed ? '' : tableHeader(report);
          headed = true;
          return header + tableRows(report);
        }
        case 'notice':
          return '';
      }
    },
  };
}

function labels({ labels }: Histogram): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name} = ${escapeText(value)}\n`)
    .join('');
}
