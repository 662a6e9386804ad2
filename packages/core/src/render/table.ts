import { escapeText } from '../escape.js';
import type { Column, Rows } from '../report.js';

/** The line above the rows. */
export function tableHeader({ columns }: Rows): string {
  return `${columns
    .map(({ header, width }) => fit(header, width))
    .join(' ')
    .trimEnd()}\n`;
}

/** Rows in columns of fixed width; a value that is too wide widens its cell rather than being cut. */
export function tableRows({ columns, rows }: Rows): string {
  return rows
    .map(
      (row) =>
        `${columns
          .map((column) => cell(column, row))
          .join(' ')
          .trimEnd()}\n`,
    )
    .join('');
}

function cell(column: Column<unknown>, row: unknown): string {
  const text = column.format ? column.format(row) : String(column.get(row) ?? '-');
  return fit(escapeText(text), column.width);
}

function fit(text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width);
}
