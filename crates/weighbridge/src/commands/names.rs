//! By what others reach this computer, for a certificate that says so.

use std::net::{IpAddr, SocketAddr};

use weighbridge_web::{Name, Names};

/// The names of a server that listens at an address, with those that somebody adds.
pub(super) fn of(address: SocketAddr, further: &[Name]) -> Names {
    let mut names = Names {
        asked: further.to_vec(),
        found: host(),
    };
    let ip = address.ip();
    if ip.is_unspecified() {
        names
            .found
            .extend(addresses().into_iter().map(Name::Address));
    } else if !ip.is_loopback() {
        names.asked.push(Name::Address(ip));
    }
    // From this computer itself, whatever else is asked for.
    let own = ["localhost", "127.0.0.1", "::1"];
    names.found.extend(own.into_iter().filter_map(Name::parse));
    names
}

/// The computer's own name, and the one under which it can be found without anybody who keeps names (RFC 6762).
fn host() -> Vec<Name> {
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    let short = host.split('.').next().unwrap_or_default();
    let named = [host.clone(), format!("{short}.local")];
    named.iter().filter_map(|n| Name::parse(n)).collect()
}

/// Addresses of this computer that last. Absent: those of one link, and addresses of the sixth version that are of the whole
/// world, which most computers change every day.
fn addresses() -> Vec<IpAddr> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let mut lasting: Vec<IpAddr> = (all.iter().map(if_addrs::Interface::ip))
        .filter(|ip| match ip {
            IpAddr::V4(four) => !four.is_loopback() && !four.is_link_local(),
            IpAddr::V6(six) => six.is_unique_local(),
        })
        .collect();
    lasting.sort_unstable();
    lasting.dedup();
    lasting
}
