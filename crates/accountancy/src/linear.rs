//! Dense linear algebra in the little that run lengths and dense covariances need. Matrices are rows of equal length.
#![allow(
    clippy::indexing_slicing,
    reason = "loops run over the dimension that the constructor fixed"
)]

/// A square matrix, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Square {
    n: usize,
    cells: Vec<f64>,
}

impl Square {
    pub(crate) fn from_fn(n: usize, mut cell: impl FnMut(usize, usize) -> f64) -> Square {
        let mut cells = Vec::with_capacity(n * n);
        for i in 0..n {
            cells.extend((0..n).map(|j| cell(i, j)));
        }
        Square { n, cells }
    }

    pub(crate) fn size(&self) -> usize {
        self.n
    }

    pub(crate) fn get(&self, i: usize, j: usize) -> f64 {
        self.cells[i * self.n + j]
    }

    pub(crate) fn row(&self, i: usize) -> &[f64] {
        &self.cells[i * self.n..(i + 1) * self.n]
    }

    pub(crate) fn times(&self, x: &[f64]) -> Vec<f64> {
        let dot = |i: usize| self.row(i).iter().zip(x).map(|(a, b)| a * b).sum();
        (0..self.n).map(dot).collect()
    }

    /// Sets a row and its column to 0 but for the diagonal.
    pub(crate) fn clear(&mut self, at: usize, diagonal: f64) {
        for i in 0..self.n {
            self.cells[at * self.n + i] = 0.0;
            self.cells[i * self.n + at] = 0.0;
        }
        self.cells[at * self.n + at] = diagonal;
    }

    /// Subtracts `weight · x x'`.
    pub(crate) fn less_product(&mut self, x: &[f64], weight: f64) {
        for (row, a) in self.cells.chunks_exact_mut(self.n.max(1)).zip(x) {
            for (cell, b) in row.iter_mut().zip(x) {
                *cell -= a * b * weight;
            }
        }
    }

    /// Solves `self · x = right` by elimination with partial pivoting; `None` where the matrix is singular.
    pub(crate) fn solve(mut self, right: &[f64]) -> Option<Vec<f64>> {
        let n = self.n;
        let mut x = right.to_vec();
        for k in 0..n {
            let size = |i: &usize| self.get(*i, k).abs();
            let pivot = (k..n).max_by(|a, b| size(a).total_cmp(&size(b)))?;
            if pivot != k {
                for j in 0..n {
                    self.cells.swap(k * n + j, pivot * n + j);
                }
                x.swap(k, pivot);
            }
            let head = self.get(k, k);
            if head == 0.0 || !head.is_finite() {
                return None;
            }
            for i in k + 1..n {
                let factor = self.get(i, k) / head;
                for j in k..n {
                    let above = self.get(k, j);
                    self.cells[i * n + j] -= factor * above;
                }
                x[i] -= factor * x[k];
            }
        }
        for k in (0..n).rev() {
            let known: f64 = (k + 1..n).map(|j| self.get(k, j) * x[j]).sum();
            x[k] = (x[k] - known) / self.get(k, k);
        }
        Some(x)
    }
}

/// Whitening by the Cholesky factor: the check of the recursion that the library uses instead.
#[cfg(test)]
pub(crate) mod dense {
    use super::Square;

    impl Square {
        /// The lower triangle L with L L' = self; `None` where the matrix is not positive definite.
        pub(crate) fn cholesky(&self) -> Option<Triangle> {
            let n = self.n;
            let mut low = vec![0.0; n * n];
            for i in 0..n {
                for j in 0..=i {
                    let inner: f64 = (0..j).map(|k| low[i * n + k] * low[j * n + k]).sum();
                    let rest = self.get(i, j) - inner;
                    low[i * n + j] = if i == j {
                        (rest > 0.0).then(|| rest.sqrt())?
                    } else {
                        rest / low[j * n + j]
                    };
                }
            }
            Some(Triangle(Square { n, cells: low }))
        }
    }

    /// A lower triangle.
    #[derive(Clone, Debug)]
    pub(crate) struct Triangle(Square);

    impl Triangle {
        /// Solves `L · x = right`: whitens a vector.
        pub(crate) fn whiten(&self, right: &[f64]) -> Vec<f64> {
            let mut x: Vec<f64> = Vec::with_capacity(right.len());
            for (i, y) in right.iter().enumerate().take(self.0.n) {
                let known: f64 = self.0.row(i).iter().zip(&x).map(|(a, b)| a * b).sum();
                x.push((y - known) / self.0.get(i, i));
            }
            x
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_what_needs_a_pivot() {
        let cells = [[0.0, 2.0, 1.0], [1.0, -2.0, -3.0], [-1.0, 1.0, 2.0]];
        let a = Square::from_fn(3, |i, j| cells[i][j]);
        let x = a.clone().solve(&[-8.0, 0.0, 3.0]).unwrap();
        for (got, want) in x.iter().zip([-4.0, -5.0, 2.0]) {
            assert!((got - want).abs() < 1e-12, "{x:?}");
        }
        assert_eq!(a.times(&[1.0, 1.0, 1.0]), [3.0, -4.0, 2.0]);
        assert!(Square::from_fn(2, |_, _| 1.0).solve(&[1.0, 1.0]).is_none());
    }

    #[test]
    fn whitening_by_a_triangle() {
        let a = Square::from_fn(2, |i, j| [[4.0, 2.0], [2.0, 10.0]][i][j]);
        let low = a.cholesky().unwrap();
        assert_eq!(low.whiten(&[2.0, 7.0]), [1.0, 2.0]);
        assert!(Square::from_fn(2, |_, _| 1.0).cholesky().is_none());
    }
}
