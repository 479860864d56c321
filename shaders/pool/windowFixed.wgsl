// The window of a pooling kernel that is linked for it alone: a number that is read costs as much as one that is pooled.
struct Window {
  kernelHeight: u32,
  kernelWidth: u32,
  strideHeight: u32,
  strideWidth: u32,
  dilationHeight: u32,
  dilationWidth: u32,
  top: u32,
  left: u32,
}

const ROWS = 1u;
const COLUMNS = 1u;
const ROW_STRIDE = 1u;
const COLUMN_STRIDE = 1u;
const ROW_DILATION = 1u;
const COLUMN_DILATION = 1u;
const TOP = 0u;
const LEFT = 0u;
const window = Window(ROWS, COLUMNS, ROW_STRIDE, COLUMN_STRIDE, ROW_DILATION, COLUMN_DILATION, TOP, LEFT);
