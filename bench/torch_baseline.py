#!/usr/bin/env python3
"""Times PyTorch's training step on the networks of `npm run bench`, and one matrix product: the yardstick on a GPU.

    python3 bench/torch_baseline.py [--model lenet5,mnistcnn,unet,unet256] [--mode ...] [--blocks N] [--json FILE]

Modes: `eager` and `graphs` are fp32 with TF32 off, launched kernel by kernel and replayed as one CUDA graph; `fp16` is
autocast with loss scaling, channels last, as tensor cores like it. cuDNN may choose its algorithms by trial. The batch
is fixed and lies on the device, as for the other engines; weights are this script's own, so losses only show that it
learns.
Rows have the fields of the head-to-head; what PyTorch does not tell (dispatches, submits) is null.
"""

import argparse
import datetime
import json
import platform
import statistics
import subprocess
import sys
import time

import torch
from torch import nn
from torch.nn import functional

BLOCK_SECONDS = 0.3


def lenet5():
    """32x32x1: two 5x5 convolutions with tanh and average pooling, three dense layers; 61,706 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )


def mnistcnn():
    """28x28x1: Keras' simple MNIST network; 34,826 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10),
    )


def twice(inputs, outputs):
    """Two 3x3 convolutions without bias, each with batch normalization and ReLU."""
    layers = []
    for channels in (inputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs, eps=1e-3), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Three levels and a bottom; transposed convolutions up, concatenation, two classes a pixel."""

    def __init__(self, base, depth=3):
        super().__init__()
        filters = [base * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(twice(a, b) for a, b in zip([1] + filters, filters[:-1]))
        self.bottom = twice(filters[-2], filters[-1])
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * f, f, 2, stride=2) for f in reversed(filters[:-1]))
        self.merge = nn.ModuleList(twice(2 * f, f) for f in reversed(filters[:-1]))
        self.head = nn.Conv2d(base, 2, 1)

    def forward(self, x):
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, merge, skip in zip(self.up, self.merge, reversed(skips)):
            x = merge(torch.cat([skip, up(x)], dim=1))
        return self.head(x)


# Network, batch, side of the image, classes, labels a pixel or an image, optimizer.
MODELS = {
    "lenet5": (lenet5, 64, 32, 10, False, "momentum"),
    "mnistcnn": (mnistcnn, 128, 28, 10, False, "adam"),
    "unet": (lambda: UNet(16), 4, 128, 2, True, "adam"),
    "unet256": (lambda: UNet(32), 16, 256, 2, True, "adam"),
}


def step_flops(model, x):
    """Multiply-adds of convolutions and dense layers times 2: forward, both gradients, no gradient by the image."""
    flops = []

    def count(layer, inputs, output):
        if isinstance(layer, nn.ConvTranspose2d):
            flops.append(2 * inputs[0].numel() * layer.weight[0].numel())
        elif isinstance(layer, (nn.Conv2d, nn.Linear)):
            flops.append(2 * output.numel() * layer.weight[0].numel())

    hooks = [layer.register_forward_hook(count) for layer in model.modules()]
    with torch.no_grad():
        model.eval()(x)
    model.train()
    for hook in hooks:
        hook.remove()
    return 3 * sum(flops) - flops[0]


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


class Training:
    """A network in training on a fixed batch: `step()` returns the loss as a tensor on the device."""

    def __init__(self, name, device, mode, batch):
        torch.manual_seed(4)
        make, _, side, classes, dense, optimizer = MODELS[name]
        self.half = mode == "fp16"
        layout = torch.channels_last if self.half else torch.contiguous_format
        self.model = make().to(device=device, memory_format=layout)
        self.x = torch.rand(batch, 1, side, side, device=device).mul(2).sub(1).to(memory_format=layout)
        self.y = torch.randint(classes, (batch, side, side) if dense else (batch,), device=device)
        self.flops = step_flops(self.model, self.x)
        parameters = self.model.parameters()
        if optimizer == "momentum":
            self.optimizer = torch.optim.SGD(parameters, lr=0.05, momentum=0.9)
        else:
            self.optimizer = torch.optim.Adam(parameters, lr=0.001, eps=1e-7, capturable=mode == "graphs")
        self.device = device
        # Older releases have it under torch.cuda alone.
        scaler = getattr(torch.amp, "GradScaler", None) or torch.cuda.amp.GradScaler
        self.scaler = scaler(enabled=self.half)
        self.step = self.captured() if mode == "graphs" else self.eager

    def eager(self):
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, enabled=self.half):
            loss = functional.cross_entropy(self.model(self.x), self.y)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss.detach()

    def captured(self):
        """The whole step as one CUDA graph, after the warm-up on another stream that capturing asks for."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.eager()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            loss = functional.cross_entropy(self.model(self.x), self.y)
            loss.backward()
            self.optimizer.step()

        def replay():
            graph.replay()
            return loss

        return replay


def spread(numbers):
    return {"median": statistics.median(numbers), "min": min(numbers), "max": max(numbers)}


def time_blocks(run, finish, blocks):
    """Milliseconds of one `run`, in `blocks` blocks of BLOCK_SECONDS; `finish` waits for the device."""
    run()
    finish()
    start = time.perf_counter()
    run()
    finish()
    runs = max(1, round(BLOCK_SECONDS / max(1e-6, time.perf_counter() - start)))
    times = []
    for _ in range(blocks + 1):
        start = time.perf_counter()
        for _ in range(runs):
            run()
        finish()
        times.append(1e3 * (time.perf_counter() - start) / runs)
    # The first block is warm-up.
    return spread(times[1:])


def time_model(name, mode, device, blocks, batch):
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    training = Training(name, device, mode, batch)
    losses = [training.step().item()]
    first_ms = 1e3 * (time.perf_counter() - start)
    last = [training.x]

    def run():
        last[0] = training.step()

    ms = time_blocks(run, lambda: last[0].sum().item(), blocks)
    losses.append(last[0].item())
    return {
        "peer": f"torch-{mode}",
        "version": torch.__version__,
        "model": name,
        "batch": batch,
        "parameters": sum(p.numel() for p in training.model.parameters()),
        "msStep": ms,
        "imagesPerSecond": 1e3 * batch / ms["median"],
        "gflops": training.flops / ms["median"] / 1e6,
        "ratio": None,
        "firstStepMs": first_ms,
        "dispatches": None,
        "submits": None,
        "jsMs": None,
        "peakBytes": torch.cuda.max_memory_allocated() if device.type == "cuda" else None,
        "losses": losses,
    }


def time_gemm(side, dtype, device, blocks):
    a, b = (torch.rand(side, side, device=device, dtype=dtype) for _ in range(2))
    ms = time_blocks(lambda: torch.matmul(a, b), lambda: synchronize(device), blocks)
    name = str(dtype).removeprefix("torch.")
    return {"peer": f"torch-{name}", "kernel": f"gemm {side} fwd", "ms": ms, "gflops": 2 * side**3 / ms["median"] / 1e6}


def commit():
    try:
        return subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def names_among(allowed):
    """An argument of names with commas between, each one of `allowed`."""

    def parse(text):
        for name in text.split(","):
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(allowed)}")
        return text.split(",")

    return parse


def positive(text):
    value = int(text) if text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number of at least 1")
    return value


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=names_among(MODELS), default=list(MODELS))
    parser.add_argument("--mode", type=names_among(["eager", "graphs", "fp16"]), help="default: all of them")
    parser.add_argument("--batch", type=positive, help="default: that of each model")
    parser.add_argument("--gemm", type=positive, default=4096, help="side of the matrix product")
    parser.add_argument("--blocks", type=positive, default=5)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--json", help="write the rows there")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("no CUDA device; --device cpu times the CPU")
    if options.device == "cpu" and options.mode not in (None, ["eager"]):
        parser.error("graphs and fp16 need --device cuda")
    options.mode = options.mode or (["eager"] if options.device == "cpu" else ["eager", "graphs", "fp16"])
    return options


def main():
    options = parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    device = torch.device(options.device)
    adapter = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or platform.machine()
    rows = []
    print(f"PyTorch {torch.__version__} on {adapter}")
    for dtype in [torch.float32] + ([torch.float16] if "fp16" in options.mode else []):
        row = time_gemm(options.gemm, dtype, device, options.blocks)
        rows.append(row)
        print(f"{row['peer']:14} {row['kernel']:20} {show(row['ms'])} {row['gflops']:10.1f} GFLOP/s")
    for name in options.model:
        for mode in options.mode:
            row = time_model(name, mode, device, options.blocks, options.batch or MODELS[name][1])
            rows.append(row)
            label = f"{name} b{row['batch']}"
            rates = f"{row['gflops']:10.1f} GFLOP/s, {row['imagesPerSecond']:.0f} images/s"
            print(f"{row['peer']:14} {label:20} {show(row['msStep'])} {rates}")
    if options.json:
        date = datetime.datetime.now(datetime.timezone.utc).isoformat()
        runtime = f"python {platform.python_version()}"
        result = {"date": date, "commit": commit(), "runtime": runtime, "adapter": adapter, "rows": rows}
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    return 0


def show(ms):
    return f"{ms['median']:9.3f} [{ms['min']:.3f}-{ms['max']:.3f}] ms"


if __name__ == "__main__":
    sys.exit(main())
