//! How much lies unread in the socket of a daemon on the same machine.
//!
//! UDP has no way to say that a buffer is full, but Linux tells everybody how full each socket is.
//! So what a daemon on this machine has no room for need not be sent. Where this cannot be read, or
//! the daemon's socket is not among them (it is in another network), nobody knows, as ever.

use std::io::Read;
use std::net::{IpAddr, SocketAddr};

/// A socket with more than this unread is left alone. By default it holds 212,992 bytes, in the
/// system's own counting, in which a datagram takes about half as much again as its length.
const ENOUGH: u64 = 96 * 1_024;

/// The tables are as long as there are sockets; a longer one than this is not read to its end.
const LONGEST: u64 = 1 << 20;

/// Whether the sockets that get what is sent there have room for a few more datagrams, as far as is
/// known.
pub(crate) fn has_room(address: SocketAddr) -> bool {
    // One that listens on all IPv6 addresses gets what comes by IPv4, too.
    let tables = ["/proc/net/udp", "/proc/net/udp6"];
    tables.iter().all(|table| {
        let text = read(table).unwrap_or_default();
        unread(&text, address) <= ENOUGH
    })
}

fn read(path: &str) -> Option<String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The largest number of bytes that lie in a socket of this address, or of all with its port. Fields
/// are separated by spaces: a number, `ADDRESS:PORT` of this end and of the other, a state, and
/// `TO_SEND:UNREAD`.
fn unread(table: &str, address: SocketAddr) -> u64 {
    let own = hex(address.ip());
    let rows = table.lines().skip(1);
    let of_address = rows.filter_map(|row| {
        let mut fields = row.split_ascii_whitespace();
        let (ip, port) = fields.nth(1)?.rsplit_once(':')?;
        let (_, unread) = fields.nth(2)?.split_once(':')?;
        let is_it = u16::from_str_radix(port, 16).ok()? == address.port()
            && (ip == own || ip.bytes().all(|digit| digit == b'0'));
        u64::from_str_radix(unread, 16).ok().filter(|_| is_it)
    });
    of_address.max().unwrap_or(0)
}

/// As the tables have it: by words of four bytes, each as this machine reads it.
fn hex(ip: IpAddr) -> String {
    let word = |bytes: &[u8]| {
        let bytes = bytes.try_into().unwrap_or_default();
        format!("{:08X}", u32::from_ne_bytes(bytes))
    };
    match ip {
        IpAddr::V4(ip) => word(&ip.octets()),
        IpAddr::V6(ip) => ip.octets().chunks(4).map(word).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn a_table_is_read_by_address() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n\
             85: 0100007F:1FBD 00000000:0000 07 00000000:00000300 00:00000000 00000000\n\
             86: 0100007F:1FBE 00000000:0000 07 00000000:00000010 00:00000000 00000000\n\
             87: 00000000:1FBD 00000000:0000 07 00000000:00034200 00:00000000 00000000\n\
             88: 0200A8C0:1FBE 00000000:0000 07 00000000:00034200 00:00000000 00000000\n\
             rubbish\n 89: x:y z 07 1\n 90: 0100007F:1FBD 0:0 07 0:zz\n";
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        assert_eq!(unread(table, at(0x1FBD)), 0x34200, "on all addresses");
        assert_eq!(unread(table, at(0x1FBE)), 0x10, "not on another one");
        assert_eq!(unread(table, at(1)), 0);
        assert_eq!(unread("", at(1)), 0);
        let local = hex("::1".parse().unwrap());
        assert_eq!(local, "00000000000000000000000001000000");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_socket_that_nobody_reads_has_no_room_after_a_while() {
        for host in ["127.0.0.1", "::1"] {
            let socket = UdpSocket::bind((host, 0)).unwrap();
            let address = socket.local_addr().unwrap();
            assert!(has_room(address));
            let other = UdpSocket::bind((host, 0)).unwrap();
            for _ in 0..200 {
                other.send_to(&[b'x'; 1_400], address).unwrap();
            }
            assert!(!has_room(address));
        }
    }
}
