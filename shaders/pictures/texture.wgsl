// A picture that lies in a texture: level 0 of a float format.
@group(0) @binding(0) var picture: texture_2d<f32>;

fn pictureSides() -> vec2u {
  return textureDimensions(picture);
}

fn texelAt(at: vec2u) -> vec4f {
  return textureLoad(picture, at, 0);
}
