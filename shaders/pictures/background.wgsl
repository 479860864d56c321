// uses: pictures/frame, pictures/bilinear
// A picture as it is, over the whole target.
struct Background {
  isLinear: u32,
}
@group(0) @binding(1) var<uniform> background: Background;

fn colourAt(at: vec2f) -> vec4f {
  let sides = pictureSides();
  let colour = bilinear(Crop(vec2u(0u), sides), at * vec2f(sides), background.isLinear != 0u);
  return vec4f(colour.rgb, 1.0);
}
