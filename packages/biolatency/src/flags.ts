/** Operations by number (enum req_op), as BCC names them and, where it has no name, in its manner. */
const OPERATIONS: Readonly<Record<number, string>> = {
  0: 'Read',
  1: 'Write',
  2: 'Flush',
  3: 'Discard',
  5: 'SecureErase',
  6: 'ZoneReset',
  7: 'ZoneAppend',
  9: 'WriteZeros',
  34: 'DriverIn',
  35: 'DriverOut',
};

/** enum io_flag of flags.bpf.h, in the order in which BCC puts them before the operation. */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [11, 'Sync'],
  [12, 'Metadata'],
  [17, 'ForcedUnitAccess'],
  [13, 'Priority'],
  [14, 'NoMerge'],
  [15, 'Idle'],
  [19, 'ReadAhead'],
  [20, 'Background'],
  [21, 'NoWait'],
];

const OPERATION_MASK = 0xff;

/** `Sync-Write` */
export function flagsText(flags: number): string {
  let text = OPERATIONS[flags & OPERATION_MASK] ?? 'Unknown';
  for (const [bit, name] of FLAGS) if (flags & (1 << bit)) text = `${name}-${text}`;
  return text;
}
