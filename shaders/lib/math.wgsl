// Functions that WGSL lacks, and those of its own that overflow, made safe. `Lane` is f32 or a vector.

/// exp without overflow to infinity: exp(88) is 1.65e38, the last power below the largest f32.
fn expSafe(x: Lane) -> Lane {
  return exp(clamp(x, Lane(-87.0), Lane(88.0)));
}

/// tanh = x p(x^2) / q(x^2), a minimax fit on [-9.02, 9.02] (2e-8), within 7 ulp; beyond, the f32 result is 1. WGSL's own
/// may overflow, has no bound on its relative error, and costs a software adapter three times as much.
fn tanhSafe(x: Lane) -> Lane {
  let c = clamp(x, Lane(-9.02), Lane(9.02));
  let u = c * c;
  let p = Lane(1.0) + u * (Lane(0.13379717) + u * (Lane(0.0034940334) + u * (Lane(2.0583462e-5) + u * Lane(1.3319047e-8))));
  let q = Lane(1.0) + u * (Lane(0.46713033) + u * (Lane(0.025871068) + u * (Lane(3.2830908e-4) + u * Lane(7.762009e-7))));
  return clamp(c * p / q, Lane(-1.0), Lane(1.0));
}

/// exp(x) - 1 = 2t / (1 - t) with t = tanh(x / 2), for x <= 0: where x is tiny, the difference would lose all of it.
fn expm1(x: Lane) -> Lane {
  let t = tanhSafe(Lane(0.5) * min(x, Lane(0.0)));
  return Lane(2.0) * t / (Lane(1.0) - t);
}

/// 1 / (1 + exp(-x)).
fn sigmoid(x: Lane) -> Lane {
  return Lane(1.0) / (Lane(1.0) + expSafe(-x));
}

/// log(1 + exp(x)) = max(x, 0) + log(1 + t) with t = exp(-|x|) in (0, 1]. The logarithm is 2 atanh(s), s = t / (2 + t),
/// by its series in s^2 <= 1/9 up to s^15: within 1e-8, and exact to the last bits where t is tiny.
fn softplus(x: Lane) -> Lane {
  let t = expSafe(-abs(x));
  let s = t / (Lane(2.0) + t);
  let s2 = s * s;
  var series = Lane(1.0 / 13.0) + s2 * Lane(1.0 / 15.0);
  series = Lane(1.0 / 11.0) + s2 * series;
  series = Lane(1.0 / 9.0) + s2 * series;
  series = Lane(1.0 / 7.0) + s2 * series;
  series = Lane(1.0 / 5.0) + s2 * series;
  series = Lane(1.0 / 3.0) + s2 * series;
  series = Lane(1.0) + s2 * series;
  return max(x, Lane(0.0)) + Lane(2.0) * s * series;
}

/// a^b. A negative base has whole powers only, others are NaN; WGSL's pow has none at all. 0^0 = 1.
fn power(a: Lane, b: Lane) -> Lane {
  let magnitude = pow(abs(a), b);
  let whole = select(magnitude, -magnitude, fract(b * Lane(0.5)) == Lane(0.5));
  // The root of a negative number is NaN; a driver's pow may quietly take its absolute value.
  let ofNegative = select(sqrt(a), whole, fract(b) == Lane(0.0));
  return select(select(magnitude, ofNegative, a < Lane(0.0)), Lane(1.0), b == Lane(0.0));
}

/// 1 - erf(x) within 1.2e-7 of its own size, by a Chebyshev fit of log(erfc(x) (1 + x/2)) + x^2 in t = 1 / (1 + x/2)
/// (Press et al., Numerical Recipes in C, section 6.2, erfcc).
fn erfc(x: Lane) -> Lane {
  let z = abs(x);
  let t = Lane(1.0) / (Lane(1.0) + Lane(0.5) * z);
  var fit = Lane(-0.82215223) + t * Lane(0.17087277);
  fit = Lane(1.48851587) + t * fit;
  fit = Lane(-1.13520398) + t * fit;
  fit = Lane(0.27886807) + t * fit;
  fit = Lane(-0.18628806) + t * fit;
  fit = Lane(0.09678418) + t * fit;
  fit = Lane(0.37409196) + t * fit;
  fit = Lane(1.00002368) + t * fit;
  fit = Lane(-1.26551223) + t * fit;
  let tail = t * expSafe(fit - z * z);
  return select(Lane(2.0) - tail, tail, x >= Lane(0.0));
}

/// The error function: below 1/2 its Taylor series up to x^11, beyond 1 - erfc.
fn erf(x: Lane) -> Lane {
  let x2 = x * x;
  var series = Lane(1.0 / 216.0) - x2 * Lane(1.0 / 1320.0);
  series = Lane(-1.0 / 42.0) + x2 * series;
  series = Lane(1.0 / 10.0) + x2 * series;
  series = Lane(-1.0 / 3.0) + x2 * series;
  let near = Lane(1.1283791670955126) * (x + x * x2 * series);
  return select(sign(x) * (Lane(1.0) - erfc(abs(x))), near, abs(x) < Lane(0.5));
}

/// P(X < x) of a standard normal X: erfc(-x / sqrt(2)) / 2.
fn normalCdf(x: Lane) -> Lane {
  return Lane(0.5) * erfc(x * Lane(-0.7071067811865476));
}

/// exp(-x^2 / 2) / sqrt(2 pi).
fn normalDensity(x: Lane) -> Lane {
  return Lane(0.3989422804014327) * expSafe(Lane(-0.5) * x * x);
}

/// 0.5 x (1 + tanh(u)) = x sigmoid(2u), with u = sqrt(2 / pi) (x + 0.044715 x^3).
fn geluTanh(x: Lane) -> Lane {
  let c = clamp(x, Lane(-20.0), Lane(20.0));
  return x * sigmoid(Lane(1.5957691216057308) * (c + Lane(0.044715) * c * c * c));
}

/// d geluTanh / dx; at the ends of the clamped range it is 0 and 1.
fn geluTanhSlope(x: Lane) -> Lane {
  let c = clamp(x, Lane(-20.0), Lane(20.0));
  let v = Lane(1.5957691216057308) * (c + Lane(0.044715) * c * c * c);
  let slope = Lane(1.5957691216057308) * (Lane(1.0) + Lane(0.134145) * c * c);
  return sigmoid(v) + c * sigmoid(v) * sigmoid(-v) * slope;
}

/// x tanh(log(1 + e)) with e = exp(x): the tangent is n / (n + 2), n = e (e + 2), and 1 beyond x = 20; 0
/// below -87, where the exponential ends and x would not.
fn mish(x: Lane) -> Lane {
  let e = expSafe(min(x, Lane(20.0)));
  let n = e * (e + Lane(2.0));
  return select(x * (n / (n + Lane(2.0))), Lane(0.0), x < Lane(-87.0));
}

/// d mish / dx.
fn mishSlope(x: Lane) -> Lane {
  let c = clamp(x, Lane(-87.0), Lane(20.0));
  let e = exp(c);
  let n = e * (e + Lane(2.0));
  return n / (n + Lane(2.0)) + c * (Lane(4.0) * e * (Lane(1.0) + e) / ((n + Lane(2.0)) * (n + Lane(2.0))));
}
