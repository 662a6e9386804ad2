import Table from 'cli-table3';
import {
  type Capabilities,
  type Diagnosis,
  type Fact,
  OTHER_OPTIONS,
  type PlanDiagnosis,
  type Settings,
  type ToolDiagnosis,
} from './diagnosis.js';

export type Style = 'bold' | 'red' | 'green' | 'dim';

export interface Page {
  /** Columns. */
  readonly width: number;
  /** For a terminal: the text in this style. */
  readonly paint?: (style: Style, text: string) => string;
}

/** A diagnosis for a person: the tools in one table, what is missing in another, then the machine. */
export function text(diagnosis: Diagnosis, { width, paint = (_, plain) => plain }: Page): string {
  const { kernel, arch, facts, settings, capabilities, tools } = diagnosis;
  const works = facts.filter(({ missing }) => !missing).map(({ label }) => label);
  const paragraphs = [
    ['kernel', `${kernel} ${arch}`],
    ['works', works.join(', ') || 'nothing'],
    ['settings', settingsText(settings)],
    ['capabilities', capabilitiesText(capabilities)],
  ].map(([head = '', body = '']) => paragraph(paint('bold', head), head.length, body, width));
  const lacks = missingRows(facts);
  const blocks = [
    table(
      ['TOOL', 'PLAN', 'OTHERS', 'MISSING'],
      tools.map((tool) => toolRow(tool, paint)),
      [nameWidth(tools.map(({ tool }) => tool)), planWidth(tools), othersWidth(tools), 0],
      width,
      paint,
    ),
    ...(lacks.length > 0
      ? [
          table(
            ['MISSING', 'WHY, AND THE WAY OUT', 'LIMITS'],
            lacks,
            lackWidths(lacks, width),
            width,
            paint,
          ),
        ]
      : []),
    paragraphs.join(''),
  ];
  return blocks.join('\n');
}

function settingsText({ lockdown, perfEventParanoid, kptrRestrict }: Settings): string {
  return [
    `lockdown ${lockdown ?? 'unknown (mount -t securityfs none /sys/kernel/security)'}`,
    `perf_event_paranoid ${perfEventParanoid ?? 'unknown'}`,
    `kptr_restrict ${kptrRestrict ?? 'unknown'}`,
  ].join(', ');
}

function capabilitiesText({ userNamespace, held, lacking }: Capabilities): string {
  if (userNamespace) return 'none outside of this user namespace';
  const names = (list: readonly string[]) => list.map((name) => `CAP_${name}`).join(', ');
  if (lacking.length === 0) return 'all';
  if (held.length === 0) return 'none';
  return lacking.length < held.length
    ? `all but ${names(lacking)}`
    : `${names(held)}; not ${names(lacking)}`;
}

/** A row for each reason: what it takes away, the reason, and what that limits. */
function missingRows(facts: readonly Fact[]): string[][] {
  const byReason = new Map<string, Fact[]>();
  for (const fact of facts) {
    if (!fact.missing) continue;
    byReason.set(fact.missing.why, [...(byReason.get(fact.missing.why) ?? []), fact]);
  }
  return [...byReason].map(([why, lacking]) => [
    lacking.map(({ label }) => label).join(', '),
    why,
    limitsOf(lacking),
  ]);
}

/** More than three say less than their sum. */
function limitsOf(lacking: readonly Fact[]): string {
  const all = [...new Set(lacking.map(({ limits }) => limits))];
  return all.length > 3 ? 'almost everything' : all.join(', ');
}

function toolRow(tool: ToolDiagnosis, paint: NonNullable<Page['paint']>): string[] {
  const { plan, plans } = tool;
  const lacks = reasons(plans.filter(({ missing }) => missing?.need !== OTHER_OPTIONS));
  return [
    tool.tool,
    plan === null ? paint('red', 'none') : paint('green', plan),
    others(tool),
    lacks.join('\n') || '-',
  ];
}

/** Why plans are not taken, once each. */
function reasons(plans: readonly PlanDiagnosis[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, missing } of plans) {
    if (missing) names.set(missing.why, [...(names.get(missing.why) ?? []), name]);
  }
  return [...names].map(([why, those]) => `${those.join(', ')}: ${why}`);
}

/** What this kernel can do besides: for the same options, then for others. */
function others({ plan, plans }: ToolDiagnosis): string {
  const names = plans.filter(({ ok, name }) => ok && name !== plan).map(({ name }) => name);
  const elsewhere = reasons(plans.filter(({ missing }) => missing?.need === OTHER_OPTIONS));
  return [names.join(', '), ...elsewhere].filter(Boolean).join('\n') || '-';
}

/** The reasons need the most room: names of kernel settings are long, and are not to be cut. */
function lackWidths(rows: readonly string[][], width: number): number[] {
  const most = Math.floor(width * (width < 100 ? 0.22 : 0.25));
  const longest = (column: number) =>
    Math.min(most, Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [longest(0), 0, Math.max('LIMITS'.length, longest(2))];
}

const nameWidth = (names: readonly string[]) => Math.max(4, ...names.map(({ length }) => length));

const planWidth = (tools: readonly ToolDiagnosis[]) =>
  nameWidth(tools.map(({ plan }) => plan ?? 'none'));

const othersWidth = (tools: readonly ToolDiagnosis[]) =>
  Math.min(
    20,
    Math.max(6, ...tools.flatMap((tool) => others(tool).split('\n')).map(({ length }) => length)),
  );

const GAP = 2;

/** Columns without lines; the one of width 0 takes what the others leave, and every cell wraps between words. */
function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  widths: readonly number[],
  width: number,
  paint: NonNullable<Page['paint']>,
): string {
  const taken = widths.reduce((sum, one) => sum + one + GAP, -GAP);
  const columns = widths.map((one) => (one === 0 ? Math.max(20, width - taken) : one));
  const none = Object.fromEntries(
    [
      ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'],
      ...['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
    ].map((name) => [name, '']),
  );
  const drawn = new Table({
    chars: { ...none, middle: ' '.repeat(GAP) },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colWidths: columns,
    wordWrap: true,
  });
  drawn.push(
    head.map((title) => paint('dim', title)),
    ...rows.map((row) => [...row]),
  );
  return `${drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

const HEADS = 14;

function paragraph(head: string, headLength: number, body: string, width: number): string {
  const lines = [''];
  for (const word of body.split(' ')) {
    const line = lines.at(-1) as string;
    if (line && line.length + 1 + word.length > width - HEADS) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  const first = head + ' '.repeat(HEADS - headLength);
  return lines.map((line, i) => `${i === 0 ? first : ' '.repeat(HEADS)}${line}\n`).join('');
}
