// The declarations that are written by hand must say what napi-rs generates from the Rust code.
import type * as Generated from '../../target/native.js';
import type * as Declared from '../index.js';

type Instances<Module> = {
  [Name in keyof Module]: Module[Name] extends { prototype: infer Instance }
    ? Instance
    : Module[Name];
};
type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : never) : never;

export const names: Same<keyof typeof Generated, keyof typeof Declared> = true;
export const instances: Same<Instances<typeof Generated>, Instances<typeof Declared>> = true;
export const open: Same<typeof Generated.BpfObject.open, typeof Declared.BpfObject.open> = true;
type Options<Class> = Class extends new (
  options?: infer Given,
) => unknown
  ? NonNullable<Given>
  : never;
export const options: Same<
  Options<typeof Generated.Symbolizer>,
  Options<typeof Declared.Symbolizer>
> = true;

// Assignability forgives a missing optional field; its name does not.
type Keys<Type> = Required<{ [Name in keyof Type]: true }>;
export const fields: [
  Same<Keys<Generated.Configure>, Keys<Declared.Configure>>,
  Same<Keys<Generated.AttachTarget>, Keys<Declared.AttachTarget>>,
  Same<Keys<Generated.LinkInfo>, Keys<Declared.LinkInfo>>,
  Same<Keys<Generated.BtfType>, Keys<Declared.BtfType>>,
  Same<Keys<Generated.Symbols>, Keys<Declared.Symbols>>,
  Same<Keys<Generated.Probe>, Keys<Declared.Probe>>,
  Same<Keys<Generated.FlamegraphOptions>, Keys<Declared.FlamegraphOptions>>,
] = [true, true, true, true, true, true, true];
