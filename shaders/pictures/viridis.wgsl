// uses: pictures/tensor
// One channel in the colours of viridis (Smith, van der Walt; matplotlib's default, CC0): even steps look even, in grey too.
// A polynomial of degree 6 by Matt Zucker (CC0), within 3.3 / 255 of matplotlib's table.
fn colourAt(at: vec2f) -> vec4f {
  let t = levelAt(at);
  var colour = vec3f(-5.4354559, 4.6458526, 26.3124352);
  colour = vec3f(4.776385, -13.7451454, -65.3530326) + t * colour;
  colour = vec3f(6.2282699, 14.1799334, 56.6905526) + t * colour;
  colour = vec3f(-4.6342305, -5.799101, -19.332441) + t * colour;
  colour = vec3f(-0.3308618, 0.2148476, 0.0950952) + t * colour;
  colour = vec3f(0.105093, 1.4046135, 1.3845902) + t * colour;
  colour = vec3f(0.2777273, 0.0054073, 0.3340998) + t * colour;
  return vec4f(clamp(colour, vec3f(0.0), vec3f(1.0)), shown.opacity);
}
