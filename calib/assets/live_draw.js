// Lines over a live picture. Each has a dark edge, so that it is seen on every ground.

function stroke(context, width, colour, dash, path) {
  for (const [look, wide] of [["#000", 2 * width], [colour, width]]) {
    context.save();
    context.strokeStyle = look;
    context.lineWidth = wide;
    context.setLineDash(dash);
    context.beginPath();
    path();
    context.stroke();
    context.restore();
  }
}

const line = (context) => Math.max(2, context.canvas.width / 240);

// Thirds.
export function drawGrid(context) {
  const { width, height } = context.canvas;
  stroke(context, line(context), "#fff", [], () => {
    for (const third of [1, 2]) {
      const [x, y] = [Math.round(third * width / 3), Math.round(third * height / 3)];
      context.moveTo(x, 0);
      context.lineTo(x, height);
      context.moveTo(0, y);
      context.lineTo(width, y);
    }
  });
}

// The middle of the item window: how wide the window is, a picture cannot tell before it is calibrated.
export function drawWindow(context) {
  const { width, height } = context.canvas;
  const [x, y, arm] = [width / 2, height / 2, Math.min(width, height) / 8];
  stroke(context, line(context), "#ffd23f", [4 * line(context), 3 * line(context)], () => {
    context.moveTo(x, 0);
    context.lineTo(x, height);
  });
  stroke(context, line(context), "#ffd23f", [], () => {
    context.moveTo(x - arm, y);
    context.lineTo(x + arm, y);
    context.rect(x - arm / 2, y - arm / 2, arm, arm);
  });
}

// Where the last item was found; a broken line where it looked damaged.
export function drawBox(context, item) {
  const { width, height } = context.canvas;
  const [across, down] = [width / item.width_px, height / item.height_px];
  const [x, y, wide, high] = item.bounds;
  const isOdd = item.score > item.threshold;
  const dash = isOdd ? [4 * line(context), 2 * line(context)] : [];
  stroke(context, 1.5 * line(context), isOdd ? "#ff5964" : "#38e08c", dash, () =>
    context.rect(x * across, y * down, wide * across, high * down));
}

// How many pixels have each brightness, dark ones left. The ends are red where they hold pixels: lost there.
export function drawHistogram(context, counts) {
  const { width, height } = context.canvas;
  const [wide, high] = [Math.min(width, Math.max(256, width / 3)), height / 4];
  const [left, bottom] = [width - wide, height];
  context.fillStyle = "#000c";
  context.fillRect(left, bottom - high, wide, high);
  const inner = counts.subarray(1, 255);
  const most = Math.max(1, ...inner);
  counts.forEach((count, level) => {
    if (count === 0) return;
    const tall = Math.max(1, Math.min(1, count / most) * high);
    context.fillStyle = level < 1 || level > 249 ? "#ff5964" : "#fff";
    context.fillRect(left + level * wide / 256, bottom - tall, Math.max(1, wide / 256), tall);
  });
}
