//! Work that falls into independent parts, on all cores, with the results in order.

/// What `work` makes of 0, 1, …, count − 1.
#[must_use]
pub fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = count.div_ceil(cores).max(1);
    let work = &work;
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..count)
            .step_by(share)
            .map(|from| {
                let own = from..(from + share).min(count);
                scope.spawn(move || own.map(work).collect::<Vec<T>>())
            })
            .collect();
        let done = parts.into_iter().map(|part| match part.join() {
            Ok(part) => part,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        done.flatten().collect()
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_are_in_order() {
        for count in [0, 1, 2, 3, 100] {
            let want: Vec<usize> = (0..count).map(|n| n * n).collect();
            assert_eq!(super::map(count, |n| n * n), want);
        }
    }
}
