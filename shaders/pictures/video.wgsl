// A picture that is a frame of a video, turned and cropped as its file says.
@group(0) @binding(0) var picture: texture_external;

fn pictureSides() -> vec2u {
  return textureDimensions(picture);
}

fn texelAt(at: vec2u) -> vec4f {
  return textureLoad(picture, at);
}
