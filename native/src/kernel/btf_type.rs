//! One type of BTF, as a plain value: what the kernel's btf.h has behind each kind.

use std::mem::size_of;

use libbpf_sys as sys;
use napi_derive::napi;

use crate::kernel::btf::Types;

#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct BtfType {
    pub id: u32,
    #[napi(
        ts_type = "'VOID' | 'INT' | 'PTR' | 'ARRAY' | 'STRUCT' | 'UNION' | 'ENUM' | 'FWD' | 'TYPEDEF' | 'VOLATILE' | 'CONST' | 'RESTRICT' | 'FUNC' | 'FUNC_PROTO' | 'VAR' | 'DATASEC' | 'FLOAT' | 'DECL_TAG' | 'TYPE_TAG' | 'ENUM64' | 'UNKNOWN'"
    )]
    pub kind: String,
    pub name: String,
    pub size: Option<u32>,
    #[napi(js_name = "type")]
    pub target: Option<u32>,
    pub members: Option<Vec<BtfMember>>,
    pub values: Option<Vec<BtfValue>>,
    pub nelems: Option<u32>,
    pub signed: Option<bool>,
    pub encoding: Option<String>,
    pub linkage: Option<String>,
    pub variables: Option<Vec<BtfVariable>>,
}

#[napi(object, object_from_js = false)]
pub struct BtfMember {
    pub name: String,
    #[napi(js_name = "type")]
    pub target: u32,
    pub bit_offset: u32,
    pub bit_size: u32,
}

#[napi(object, object_from_js = false)]
pub struct BtfValue {
    pub name: String,
    pub value: f64,
}

#[napi(object, object_from_js = false)]
pub struct BtfVariable {
    #[napi(js_name = "type")]
    pub target: u32,
    pub offset: u32,
    pub size: u32,
}

impl Types {
    pub fn describe(&self, id: u32) -> BtfType {
        let ty = self.record(id);
        let kind = (ty.info >> 24) & 0x1f;
        let flag = ty.info >> 31 == 1;
        let length = (ty.info & 0xffff) as usize;
        // SAFETY: both arms of the union are a u32.
        let word = unsafe { ty.__bindgen_anon_1.size };
        let mut out = BtfType {
            id,
            kind: kind_name(kind).to_string(),
            name: self.text(ty.name_off),
            ..BtfType::default()
        };
        match kind {
            sys::BTF_KIND_INT => {
                // SAFETY: an INT is followed by one u32.
                let bits = unsafe { trailing::<u32>(ty, 1) }[0] >> 24;
                out.size = Some(word);
                out.signed = Some(bits & sys::BTF_INT_SIGNED != 0);
                out.encoding = if bits & sys::BTF_INT_BOOL != 0 {
                    Some("bool".into())
                } else if bits & sys::BTF_INT_CHAR != 0 {
                    Some("char".into())
                } else {
                    None
                };
            }
            sys::BTF_KIND_FLOAT => out.size = Some(word),
            sys::BTF_KIND_FWD => out.encoding = Some(if flag { "union" } else { "struct" }.into()),
            sys::BTF_KIND_ARRAY => {
                // SAFETY: an ARRAY is followed by one btf_array.
                let array = unsafe { trailing::<sys::btf_array>(ty, 1) }[0];
                out.target = Some(array.type_);
                out.nelems = Some(array.nelems);
            }
            sys::BTF_KIND_STRUCT | sys::BTF_KIND_UNION => {
                out.size = Some(word);
                // SAFETY: a STRUCT or UNION is followed by `length` members.
                let members = unsafe { trailing::<sys::btf_member>(ty, length) };
                out.members = Some(members.iter().map(|m| self.member(m, flag)).collect());
            }
            sys::BTF_KIND_ENUM => {
                out.size = Some(word);
                out.signed = Some(flag);
                // SAFETY: an ENUM is followed by `length` values.
                let values = unsafe { trailing::<sys::btf_enum>(ty, length) };
                let number = |v: i32| if flag { f64::from(v) } else { f64::from(v as u32) };
                out.values =
                    Some(values.iter().map(|v| self.value(v.name_off, number(v.val))).collect());
            }
            sys::BTF_KIND_ENUM64 => {
                out.size = Some(word);
                out.signed = Some(flag);
                // SAFETY: an ENUM64 is followed by `length` values.
                let values = unsafe { trailing::<sys::btf_enum64>(ty, length) };
                let number = |v: &sys::btf_enum64| {
                    let whole = u64::from(v.val_hi32) << 32 | u64::from(v.val_lo32);
                    if flag { whole as i64 as f64 } else { whole as f64 }
                };
                out.values =
                    Some(values.iter().map(|v| self.value(v.name_off, number(v))).collect());
            }
            sys::BTF_KIND_FUNC_PROTO => {
                out.target = Some(word);
                // SAFETY: a FUNC_PROTO is followed by `length` parameters.
                let params = unsafe { trailing::<sys::btf_param>(ty, length) };
                let member = |p: &sys::btf_param| BtfMember {
                    name: self.text(p.name_off),
                    target: p.type_,
                    bit_offset: 0,
                    bit_size: 0,
                };
                out.members = Some(params.iter().map(member).collect());
            }
            sys::BTF_KIND_FUNC => {
                out.target = Some(word);
                out.linkage = Some(linkage(length as u32).into());
            }
            sys::BTF_KIND_VAR => {
                out.target = Some(word);
                // SAFETY: a VAR is followed by one btf_var.
                out.linkage =
                    Some(linkage(unsafe { trailing::<sys::btf_var>(ty, 1) }[0].linkage).into());
            }
            sys::BTF_KIND_DATASEC => {
                out.size = Some(word);
                // SAFETY: a DATASEC is followed by `length` entries.
                let entries = unsafe { trailing::<sys::btf_var_secinfo>(ty, length) };
                let variable = |v: &sys::btf_var_secinfo| BtfVariable {
                    target: v.type_,
                    offset: v.offset,
                    size: v.size,
                };
                out.variables = Some(entries.iter().map(variable).collect());
            }
            sys::BTF_KIND_UNKN => {}
            _ => out.target = Some(word),
        }
        out
    }

    fn member(&self, member: &sys::btf_member, bitfields: bool) -> BtfMember {
        let (bit_offset, bit_size) = if bitfields {
            (member.offset & 0x00ff_ffff, member.offset >> 24)
        } else {
            (member.offset, 0)
        };
        BtfMember { name: self.text(member.name_off), target: member.type_, bit_offset, bit_size }
    }

    fn value(&self, name: u32, value: f64) -> BtfValue {
        BtfValue { name: self.text(name), value }
    }
}

/// The records that follow a type.
///
/// # Safety
/// The kind of `ty` must be followed by `length` records `T`.
unsafe fn trailing<T>(ty: &sys::btf_type, length: usize) -> &[T] {
    let start = std::ptr::from_ref(ty).cast::<u8>();
    // SAFETY: the caller vouches for the records; libbpf checked their bounds when it parsed.
    unsafe { std::slice::from_raw_parts(start.add(size_of::<sys::btf_type>()).cast(), length) }
}

fn linkage(number: u32) -> &'static str {
    match number {
        sys::BTF_FUNC_STATIC => "static",
        sys::BTF_FUNC_GLOBAL => "global",
        _ => "extern",
    }
}

fn kind_name(kind: u32) -> &'static str {
    const NAMES: [&str; sys::NR_BTF_KINDS as usize] = [
        "VOID",
        "INT",
        "PTR",
        "ARRAY",
        "STRUCT",
        "UNION",
        "ENUM",
        "FWD",
        "TYPEDEF",
        "VOLATILE",
        "CONST",
        "RESTRICT",
        "FUNC",
        "FUNC_PROTO",
        "VAR",
        "DATASEC",
        "FLOAT",
        "DECL_TAG",
        "TYPE_TAG",
        "ENUM64",
    ];
    NAMES.get(kind as usize).copied().unwrap_or("UNKNOWN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_kinds_by_number() {
        assert_eq!(kind_name(sys::BTF_KIND_INT), "INT");
        assert_eq!(kind_name(sys::BTF_KIND_DATASEC), "DATASEC");
        assert_eq!(kind_name(sys::BTF_KIND_ENUM64), "ENUM64");
        assert_eq!(kind_name(31), "UNKNOWN");
    }
}
