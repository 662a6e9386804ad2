//! What a file holds, in memory of ours or mapped.

use std::ops::Deref;
use std::rc::Rc;

pub type Bytes = Rc<dyn Deref<Target = [u8]>>;
