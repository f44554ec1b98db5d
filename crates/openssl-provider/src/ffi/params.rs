//! Lists of named values (OSSL_PARAM(3)): those that are given to us, those that are asked of us, and those that we hand
//! on.
//!
//! Integers have any width and the machine's byte order. Text ends with a zero octet, though its size leaves that out,
//! because OpenSSL hands the pointer on.

use std::ffi::{CStr, c_char, c_uint, c_void};
use std::marker::PhantomData;
use std::{ptr, slice};

use tpm2ca_openssl_keys::Error;
use zeroize::Zeroizing;

use super::abi::{self, OsslParam};
use super::entry::check_length;

/// What somebody tells us.
#[derive(Clone, Copy)]
pub(crate) struct Params<'a> {
    /// Null, or a list with an end.
    first: *const OsslParam,
    life: PhantomData<&'a OsslParam>,
}

/// One value of them.
#[derive(Clone, Copy)]
pub(crate) struct Param<'a>(&'a OsslParam);

impl<'a> Params<'a> {
    /// # Safety
    /// `first` is null or points to a list with an end, whose data stays as it is for `'a`.
    pub(crate) unsafe fn new(first: *const OsslParam) -> Self {
        Self {
            first,
            life: PhantomData,
        }
    }

    /// None at all.
    pub(crate) fn none() -> Self {
        Self {
            first: ptr::null(),
            life: PhantomData,
        }
    }

    /// The value of that name.
    pub(crate) fn find(self, key: &CStr) -> Option<Param<'a>> {
        let mut at = self.first;
        while !at.is_null() {
            // SAFETY: `new` was promised a list with an end, and the loop ends there.
            let param: &'a OsslParam = unsafe { &*at };
            if param.key.is_null() {
                return None;
            }
            // SAFETY: names are C strings.
            if unsafe { CStr::from_ptr(param.key) } == key {
                return Some(Param(param));
            }
            // SAFETY: this one was not the end, so there is another.
            at = unsafe { at.add(1) };
        }
        None
    }

    /// A text of that name; an error if it is something else.
    pub(crate) fn text(self, key: &'static CStr) -> Result<Option<&'a str>, Error> {
        self.find(key)
            .map(|param| param.text().ok_or_else(|| Error::parameter(key)))
            .transpose()
    }

    /// A number of that name; an error if it is something else, or out of range.
    pub(crate) fn number<T: TryFrom<i64>>(self, key: &'static CStr) -> Result<Option<T>, Error> {
        self.find(key)
            .map(|param| {
                param
                    .integer()
                    .and_then(|number| T::try_from(number).ok())
                    .ok_or_else(|| Error::parameter(key))
            })
            .transpose()
    }

    /// Octets of that name; an error if it is something else.
    pub(crate) fn octets(self, key: &'static CStr) -> Result<Option<&'a [u8]>, Error> {
        self.find(key)
            .map(|param| param.octets().ok_or_else(|| Error::parameter(key)))
            .transpose()
    }
}

impl<'a> Param<'a> {
    pub(crate) fn text(self) -> Option<&'a str> {
        if self.0.data.is_null() {
            return None;
        }
        let octets = match self.0.data_type {
            // Data that is text is a C string of at least `data_size` bytes, or has that many bytes.
            abi::UTF8_STRING => self.bytes()?,
            abi::UTF8_PTR => {
                // SAFETY: data of this type is a pointer to a C string.
                let text = unsafe { *self.0.data.cast::<*const c_char>() };
                if text.is_null() {
                    return None;
                }
                // SAFETY: as above.
                unsafe { CStr::from_ptr(text) }.to_bytes()
            }
            _ => return None,
        };
        // The size may count the zero at the end.
        let end = octets.iter().position(|&octet| octet == 0);
        std::str::from_utf8(octets.get(..end.unwrap_or(octets.len()))?).ok()
    }

    pub(crate) fn integer(self) -> Option<i64> {
        let is_signed = match self.0.data_type {
            abi::INTEGER => true,
            abi::UNSIGNED_INTEGER => false,
            _ => return None,
        };
        let octets = most_significant_first(self.bytes()?);
        let is_negative = is_signed && octets.first().is_some_and(|&top| top >= 0x80);
        let start = if is_negative { -1 } else { 0 };
        octets.iter().try_fold(start, |number: i64, &octet| {
            number.checked_mul(256)?.checked_add(i64::from(octet))
        })
    }

    pub(crate) fn octets(self) -> Option<&'a [u8]> {
        (self.0.data_type == abi::OCTET_STRING)
            .then(|| self.bytes())
            .flatten()
    }

    fn bytes(self) -> Option<&'a [u8]> {
        if self.0.data.is_null() {
            return (self.0.data_size == 0).then_some(&[]);
        }
        check_length(self.0.data_size).ok()?;
        // SAFETY: there are `data_size` bytes at `data`, for as long as the list lives, and no more than a slice can have.
        Some(unsafe { slice::from_raw_parts(self.0.data.cast::<u8>(), self.0.data_size) })
    }
}

/// What somebody asks us: a list whose values we fill in.
pub(crate) struct Answers<'a> {
    /// Null, or a list with an end.
    first: *mut OsslParam,
    life: PhantomData<&'a mut OsslParam>,
}

impl Answers<'_> {
    /// # Safety
    /// `first` is null or points to a list with an end, which is ours alone, as is its data, for the lifetime.
    pub(crate) unsafe fn new(first: *mut OsslParam) -> Self {
        Self {
            first,
            life: PhantomData,
        }
    }

    /// Answers with a number that is not negative, if it was asked for.
    pub(crate) fn number(&mut self, key: &'static CStr, value: usize) -> Result<(), Error> {
        self.natural(key, &value.to_be_bytes())
    }

    /// Answers with a natural number of any size, most significant octet first, if it was asked for.
    pub(crate) fn natural(&mut self, key: &'static CStr, octets: &[u8]) -> Result<(), Error> {
        let Some(param) = self.find(key) else {
            return Ok(());
        };
        let digits = without_leading_zeros(octets);
        // A signed one needs room for its sign.
        let sign = match param.data_type {
            abi::UNSIGNED_INTEGER => 0,
            abi::INTEGER => usize::from(digits.first().is_some_and(|&top| top >= 0x80)),
            _ => return Err(Error::parameter(key)),
        };
        if param.data.is_null() {
            param.return_size = (digits.len() + sign).max(1);
            return Ok(());
        }
        let width = param.data_size;
        check_length(width)?;
        if width < digits.len() + sign {
            return Err(Error::parameter(key));
        }
        let zeros = width - digits.len();
        let value = most_significant_first(digits);
        let (at_zeros, at_value) = if cfg!(target_endian = "little") {
            (value.len(), 0)
        } else {
            (0, zeros)
        };
        let data = param.data.cast::<u8>();
        // SAFETY: there is room for `data_size` bytes at `data`, which is as many as the value and the zeros have.
        unsafe {
            data.add(at_zeros).write_bytes(0, zeros);
            data.add(at_value)
                .copy_from_nonoverlapping(value.as_ptr(), value.len());
        }
        param.return_size = width;
        Ok(())
    }

    /// Answers with a small number that may be negative, if it was asked for.
    pub(crate) fn integer(&mut self, key: &'static CStr, value: i64) -> Result<(), Error> {
        if let Ok(natural) = usize::try_from(value) {
            return self.number(key, natural);
        }
        let Some(param) = self.find(key) else {
            return Ok(());
        };
        let octets = most_significant_first(&value.to_be_bytes());
        let width = param.data_size;
        if param.data_type != abi::INTEGER || param.data.is_null() || width == 0 || width > 8 {
            return Err(Error::parameter(key));
        }
        let kept = if cfg!(target_endian = "little") {
            octets.get(..width)
        } else {
            octets.get(8 - width..)
        };
        let kept = kept.unwrap_or_default();
        // SAFETY: there is room for `data_size` octets at `data`, and `kept` has as many.
        unsafe { ptr::copy_nonoverlapping(kept.as_ptr(), param.data.cast(), kept.len()) };
        param.return_size = width;
        Ok(())
    }

    /// Whether there is such a question.
    pub(crate) fn asks(&mut self, key: &'static CStr) -> bool {
        self.find(key).is_some()
    }

    /// Answers with octets, if they were asked for.
    pub(crate) fn octets(&mut self, key: &'static CStr, octets: &[u8]) -> Result<(), Error> {
        match self.find(key) {
            Some(param) if param.data_type == abi::OCTET_STRING => {
                fill(param, octets, 0).ok_or_else(|| Error::parameter(key))
            }
            Some(_) => Err(Error::parameter(key)),
            None => Ok(()),
        }
    }

    /// Answers with text, if it was asked for.
    pub(crate) fn text(&mut self, key: &'static CStr, text: &'static CStr) -> Result<(), Error> {
        match self.find(key) {
            Some(param) if param.data_type == abi::UTF8_PTR => {
                param.return_size = text.to_bytes().len();
                if !param.data.is_null() {
                    // SAFETY: data of this type is a pointer, which may point to what lives for ever.
                    unsafe { *param.data.cast::<*const c_char>() = text.as_ptr() };
                }
                Ok(())
            }
            Some(param) if param.data_type == abi::UTF8_STRING => {
                fill(param, text.to_bytes(), 1).ok_or_else(|| Error::parameter(key))
            }
            Some(_) => Err(Error::parameter(key)),
            None => Ok(()),
        }
    }

    /// The same for text that was made up just now.
    pub(crate) fn words(&mut self, key: &'static CStr, text: &str) -> Result<(), Error> {
        match self.find(key) {
            Some(param) if param.data_type == abi::UTF8_STRING => {
                fill(param, text.as_bytes(), 1).ok_or_else(|| Error::parameter(key))
            }
            Some(_) => Err(Error::parameter(key)),
            None => Ok(()),
        }
    }

    /// Whether the value is asked for as a number.
    pub(crate) fn wants_number(&self, key: &'static CStr) -> bool {
        // SAFETY: as promised to `new`; nothing is written.
        unsafe { Params::new(self.first) }
            .find(key)
            .is_some_and(|param| matches!(param.0.data_type, abi::INTEGER | abi::UNSIGNED_INTEGER))
    }

    fn find(&mut self, key: &CStr) -> Option<&mut OsslParam> {
        let mut at = self.first;
        while !at.is_null() {
            // SAFETY: `new` was promised a list with an end that is ours alone, and the loop ends there.
            let param = unsafe { &mut *at };
            if param.key.is_null() {
                return None;
            }
            // SAFETY: names are C strings.
            if unsafe { CStr::from_ptr(param.key) } == key {
                return Some(param);
            }
            // SAFETY: this one was not the end, so there is another.
            at = unsafe { at.add(1) };
        }
        None
    }
}

/// Puts octets where they were asked for, with zeros behind them where there is room; `None` when there is too little.
fn fill(param: &mut OsslParam, octets: &[u8], zeros: usize) -> Option<()> {
    param.return_size = octets.len();
    if param.data.is_null() {
        return Some(());
    }
    if param.data_size < octets.len() {
        return None;
    }
    // SAFETY: there is room for `data_size` octets at `data`, which is not less.
    unsafe { ptr::copy_nonoverlapping(octets.as_ptr(), param.data.cast(), octets.len()) };
    if zeros > 0 && param.data_size > octets.len() {
        // SAFETY: there is room for one more.
        unsafe { param.data.cast::<u8>().add(octets.len()).write(0) };
    }
    Some(())
}

/// What we tell somebody. It owns its values, so none of the pointers in the list can outlive what it points to.
#[derive(Default)]
pub(crate) struct ParamList {
    values: Vec<(&'static CStr, c_uint, Zeroizing<Vec<u8>>)>,
}

impl ParamList {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    #[must_use]
    pub(crate) fn text(mut self, key: &'static CStr, text: &str) -> Self {
        let mut octets = text.as_bytes().to_vec();
        octets.push(0);
        self.values.push((key, abi::UTF8_STRING, octets.into()));
        self
    }

    #[must_use]
    pub(crate) fn octets(mut self, key: &'static CStr, octets: &[u8]) -> Self {
        self.values
            .push((key, abi::OCTET_STRING, octets.to_vec().into()));
        self
    }

    /// A natural number, most significant octet first.
    #[must_use]
    pub(crate) fn natural(mut self, key: &'static CStr, octets: &[u8]) -> Self {
        let value = most_significant_first(octets);
        self.values.push((key, abi::UNSIGNED_INTEGER, value.into()));
        self
    }

    /// Lends out the list.
    pub(super) fn with<T>(&mut self, take: impl FnOnce(*const OsslParam) -> T) -> T {
        let mut list: Vec<OsslParam> = self
            .values
            .iter_mut()
            .map(|(key, data_type, octets)| OsslParam {
                key: key.as_ptr(),
                data_type: *data_type,
                data: octets.as_mut_ptr().cast::<c_void>(),
                // Without the zero at the end of a text.
                data_size: octets.len() - usize::from(*data_type == abi::UTF8_STRING),
                return_size: abi::UNMODIFIED,
            })
            .collect();
        list.push(OsslParam::END);
        take(list.as_ptr())
    }
}

/// From the machine's byte order to most significant octet first, or back.
fn most_significant_first(octets: &[u8]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    if cfg!(target_endian = "little") {
        octets.reverse();
    }
    octets
}

fn without_leading_zeros(octets: &[u8]) -> &[u8] {
    let start = octets.iter().position(|&octet| octet != 0);
    octets
        .get(start.unwrap_or(octets.len())..)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const KEY: &CStr = c"key";

    fn given(mut list: ParamList, check: impl FnOnce(Params<'_>)) {
        // SAFETY: the list has an end and lives as long as the call.
        list.with(|first| check(unsafe { Params::new(first) }));
    }

    #[test]
    fn what_is_told_is_read() {
        let list = ParamList::new()
            .text(c"name", "tpm2")
            .octets(c"data", &[1, 2])
            .natural(c"e", &[1, 0, 1]);
        given(list, |params| {
            assert_eq!(params.text(c"name").unwrap(), Some("tpm2"));
            assert_eq!(params.octets(c"data").unwrap(), Some(&[1, 2][..]));
            assert_eq!(params.number::<u32>(c"e").unwrap(), Some(65537));
            assert_eq!(params.text(c"other").unwrap(), None);
            assert!(params.text(c"data").is_err());
            assert!(params.number::<u16>(c"e").is_err());
            assert!(params.octets(c"name").is_err());
        });
        // SAFETY: null is an empty list.
        assert!(unsafe { Params::new(ptr::null()) }.find(KEY).is_none());
    }

    fn asked<const N: usize>(data_type: c_uint, data: &mut [u8; N]) -> [OsslParam; 2] {
        [
            OsslParam {
                key: KEY.as_ptr(),
                data_type,
                data: data.as_mut_ptr().cast(),
                data_size: N,
                return_size: abi::UNMODIFIED,
            },
            OsslParam::END,
        ]
    }

    #[test]
    fn answers_fit_the_width_that_was_asked_for() {
        let mut data = [0xff; 4];
        let mut list = asked(abi::UNSIGNED_INTEGER, &mut data);
        // SAFETY: the list has an end and its data is alive.
        let mut answers = unsafe { Answers::new(list.as_mut_ptr()) };
        answers.number(KEY, 2048).unwrap();
        answers.number(c"other", 1).unwrap();
        assert!(answers.number(KEY, 1 << 40).is_err());
        assert!(answers.octets(KEY, &[1]).is_err());
        assert_eq!(list[0].return_size, 4);
        assert_eq!(u32::from_ne_bytes(data), 2048);

        let mut data = [0xff; 1];
        let mut list = asked(abi::INTEGER, &mut data);
        // SAFETY: as above.
        let mut answers = unsafe { Answers::new(list.as_mut_ptr()) };
        assert!(answers.number(KEY, 200).is_err(), "it would be negative");
        assert!(answers.wants_number(KEY));
    }

    #[test]
    fn text_ends_with_a_zero_where_there_is_room() {
        let mut data = [0xff; 4];
        let mut list = asked(abi::UTF8_STRING, &mut data);
        // SAFETY: as above.
        let mut answers = unsafe { Answers::new(list.as_mut_ptr()) };
        answers.text(KEY, c"abc").unwrap();
        assert!(answers.words(KEY, "abcde").is_err());
        assert_eq!(&data, b"abc\0");
    }

    #[test]
    fn without_room_only_the_size_is_told() {
        let mut list = asked(abi::OCTET_STRING, &mut [0; 1]);
        list[0].data = ptr::null_mut();
        // SAFETY: as above.
        let mut answers = unsafe { Answers::new(list.as_mut_ptr()) };
        answers.octets(KEY, &[0; 65]).unwrap();
        assert_eq!(list[0].return_size, 65);
    }

    proptest! {
        #[test]
        fn integers_of_every_width(number: i64, width in 1_usize..12) {
            let wide = i128::from(number).to_be_bytes();
            let narrow = &wide[16 - width..];
            let mut octets = most_significant_first(narrow);
            let param = OsslParam {
                key: KEY.as_ptr(),
                data_type: abi::INTEGER,
                data: octets.as_mut_ptr().cast(),
                data_size: width,
                return_size: 0,
            };
            let read = Param(&param).integer();
            if width >= 8 {
                prop_assert_eq!(read, Some(number));
            } else {
                prop_assert!(read.is_some());
            }
        }
    }
}
