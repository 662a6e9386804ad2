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

/** The same, with columns as narrow as their headers and values. */
export function narrowed(report: Rows): Rows {
  const columns = report.columns.map((column) => {
    const lengths = report.rows.map((row) => cellText(column, row).length);
    const length = Math.max(column.header.length, ...lengths);
    return { ...column, width: column.width < 0 ? -length : length };
  });
  return { ...report, columns };
}

function cell(column: Column<unknown>, row: unknown): string {
  return fit(cellText(column, row), column.width);
}

function cellText(column: Column<unknown>, row: unknown): string {
  return escapeText(column.format ? column.format(row) : String(column.get(row) ?? '-'));
}

function fit(text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width);
}
