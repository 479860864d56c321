/** erf in f64: its Taylor series, which loses at most e^(x^2) in 16 digits; beyond 3, the continued fraction. */
export function erf64(x: number): number {
  const z = Math.abs(x);
  if (z < 3) {
    let term = z;
    let total = z;
    for (let n = 1; n < 100; n++) {
      term *= (-z * z) / n;
      total += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * total) / Math.sqrt(Math.PI);
  }
  let fraction = z;
  for (let n = 60; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-z * z) / (fraction * Math.sqrt(Math.PI)));
}
