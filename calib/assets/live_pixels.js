// What is read from the pixels of a live picture, and painted into a copy of them: four bytes each, red, green,
// blue and how opaque. Plain arithmetic.

// From here on a channel is at full brightness; the box counts with the same bound.
const FULL = 250;
// From this step of brightness to the next pixel on, an edge is sharp.
const STEP = 40;
// Stripes of the zebra, in pixels.
const STRIPE = 6;
// A pixel whose channels differ more than this has a colour, and not just the noise of a grey one.
const COLOUR = 40;

const luma = (data, at) => (54 * data[at] + 183 * data[at + 1] + 19 * data[at + 2]) >> 8;

function paint(data, at, red, green, blue) {
  data[at] = red;
  data[at + 1] = green;
  data[at + 2] = blue;
}

// How many pixels have each brightness.
export function histogram({ data }) {
  const counts = new Uint32Array(256);
  for (let at = 0; at < data.length; at += 4) counts[luma(data, at)] += 1;
  return counts;
}

// Stripes where a channel is at full brightness: what was there is lost.
export function paintZebra({ data, width }, painted) {
  for (let at = 0; at < data.length; at += 4) {
    if (Math.max(data[at], data[at + 1], data[at + 2]) < FULL) continue;
    const place = at / 4;
    const isDark = Math.floor((place % width + Math.floor(place / width)) / STRIPE) % 2 === 1;
    if (isDark) paint(painted.data, at, 0, 0, 0);
    else paint(painted.data, at, 255, 40, 40);
  }
}

// Edges that are done within a pixel glow.
export function paintPeaking({ data, width, height }, painted) {
  const levels = new Uint8Array(width * height);
  for (let place = 0; place < levels.length; place += 1) levels[place] = luma(data, 4 * place);
  for (let y = 0; y + 1 < height; y += 1) {
    for (let x = 0; x + 1 < width; x += 1) {
      const place = y * width + x;
      const right = Math.abs(levels[place + 1] - levels[place]);
      const down = Math.abs(levels[place + width] - levels[place]);
      if (Math.max(right, down) >= STEP) paint(painted.data, 4 * place, 0, 255, 90);
    }
  }
}

// Of a heat map, which stands on a grey picture, only the heat: the rest becomes transparent.
export function keepHeat({ data }) {
  for (let at = 0; at < data.length; at += 4) {
    const most = Math.max(data[at], data[at + 1], data[at + 2]);
    const least = Math.min(data[at], data[at + 1], data[at + 2]);
    data[at + 3] = most - least > COLOUR ? 190 : 0;
  }
}
