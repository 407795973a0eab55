//! The GUIDs that HCS derives from names: version-5 UUIDs over UTF-16 text.
//! Not here: random GUIDs; HCS makes some, the model needs none.

use std::sync::Arc;

pub(crate) use crate::schema::is_guid;

/// The `RuntimeId` of a system: its id when that is a GUID, else a version-5 UUID of the upper-cased id, in lower case.
/// (fidelity: `runtime-id`)
pub(crate) fn runtime_id(id: &str) -> Arc<str> {
    const NAMESPACE: [u8; 16] =
        [0xca, 0xb7, 0x03, 0x44, 0xfa, 0xcb, 0x41, 0xe4, 0xb5, 0xe5, 0xab, 0x65, 0x92, 0x28, 0x3e, 0x6e];
    if is_guid(id) { id.to_ascii_lowercase().into() } else { uuid_v5(&NAMESPACE, id).into() }
}

/// The instance id of a device by its key in the configuration, in lower case. (fidelity: `device-id`)
pub(crate) fn device_id(key: &str) -> String {
    const NAMESPACE: [u8; 16] =
        [0xd4, 0x22, 0x51, 0x2d, 0x2b, 0xf2, 0x47, 0x52, 0x80, 0x9d, 0x7b, 0x82, 0xb5, 0xfc, 0xb1, 0xb4];
    uuid_v5(&NAMESPACE, key)
}

/// An id as it is compared: without case. (fidelity: `id-case`)
pub(crate) fn fold(id: &str) -> String {
    id.to_uppercase()
}

pub(crate) fn uuid_v5(namespace: &[u8; 16], name: &str) -> String {
    let mut bytes = namespace.to_vec();
    bytes.extend(fold(name).encode_utf16().flat_map(u16::to_le_bytes));
    let mut id: [u8; 16] = sha1(&bytes)[..16].try_into().expect("a digest has 20 bytes");
    id[6] = (id[6] & 0x0f) | 0x50;
    id[8] = (id[8] & 0x3f) | 0x80;
    let hex: String = id.iter().map(|it| format!("{it:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// SHA-1 after FIPS 180-4. Thirty lines here spare every user's build a dependency tree for one hash of one short name.
fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64) + if padded.len() % 64 > 56 { 64 } else { 0 } - 8, 0);
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        let mut words = [0u32; 80];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = u32::from_be_bytes(bytes.try_into().expect("chunks of four"));
        }
        for at in 16..80 {
            words[at] = (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (at, word) in words.iter().enumerate() {
            let (mix, constant) = match at / 20 {
                0 => ((b & c) | (!b & d), 0x5A82_7999),
                1 => (b ^ c ^ d, 0x6ED9_EBA1),
                2 => ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC),
                _ => (b ^ c ^ d, 0xCA62_C1D6u32),
            };
            let next =
                a.rotate_left(5).wrapping_add(mix).wrapping_add(e).wrapping_add(constant).wrapping_add(*word);
            (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
        }
        for (sum, part) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(part);
        }
    }
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|it| format!("{it:02x}")).collect()
    }

    #[test]
    fn sha1_agrees_with_the_standard_at_every_block_boundary() {
        assert_eq!(hex(&sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(&sha1(b"")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hex(&sha1(long)), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        assert_eq!(hex(&sha1(&[b'a'; 55])), "c1c8bbdc22796e28c0e15163d20899b65621d65a");
        assert_eq!(hex(&sha1(&[b'a'; 56])), "c2db330f6083854c99d4b5bfb6e8f29f201be699");
        assert_eq!(hex(&sha1(&[b'a'; 64])), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
        assert_eq!(hex(&sha1(&vec![b'a'; 1_000_000])), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    }

    #[test]
    fn a_devices_instance_id_agrees_with_the_captured_pair() {
        assert_eq!(device_id("Primary SCSI Controller"), "1ff46d3f-e712-5dbc-9813-aad51981a2e9");
    }

    #[test]
    fn runtime_ids_agree_with_captured_pairs() {
        for (id, runtime) in [
            ("cowork-vm-929216c6", "d2b9750a-3588-5ff4-a2bc-7c0f86a95eb4"),
            ("cowork-vm-baa82cce", "c046cf90-111c-5cf6-bea8-04f9fa3568b3"),
            ("cowork-vm-e0936824", "bdaf92ec-9202-55a9-913a-0cdc98dc0e51"),
            ("vmlord-b961b64484554b6289e8e70d6e38f181", "a811a3d9-78e5-5a7d-ba56-4b799c99f150"),
            ("8636363D-C5F9-49AA-B507-3B83F98C0D14", "8636363d-c5f9-49aa-b507-3b83f98c0d14"),
        ] {
            assert_eq!(&*runtime_id(id), runtime);
            assert_eq!(&*runtime_id(&id.to_uppercase()), runtime);
        }
    }

    #[test]
    fn almost_a_guid_is_a_name() {
        assert_ne!(
            &*runtime_id("8636363D-C5F9-49AA-B507-3B83F98C0D1G"),
            "8636363d-c5f9-49aa-b507-3b83f98c0d1g"
        );
    }
}
