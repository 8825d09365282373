// The parts of an MJPEG stream as they come. An <img> would show them too, but nobody could tell when each
// was taken, nor look at its pixels.

// Far more than the head of a part has.
const HEAD_BYTES = 65536;

const decoder = new TextDecoder();

// Where the empty line after a head begins; -1 while it has not come.
function headEnd(bytes) {
  for (let at = 0; at + 3 < bytes.length; at += 1) {
    if (bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return -1;
}

// The fields of a head, by their names in small letters.
function readHead(text) {
  const fields = new Map();
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return fields;
}

// Each part's head and body. One at a time: what is not asked for is not read, and the box sends the newest then.
export async function* parts(stream) {
  const reader = stream.getReader();
  let bytes = new Uint8Array(0);
  const more = async () => {
    const { value, done } = await reader.read();
    if (done) return false;
    const joined = new Uint8Array(bytes.length + value.length);
    joined.set(bytes);
    joined.set(value, bytes.length);
    bytes = joined;
    return true;
  };
  for (;;) {
    let end = headEnd(bytes);
    while (end < 0) {
      if (bytes.length > HEAD_BYTES) throw new Error("head");
      if (!(await more())) return;
      end = headEnd(bytes);
    }
    const head = readHead(decoder.decode(bytes.subarray(0, end)));
    const [from, to] = [end + 4, end + 4 + Number(head.get("content-length") ?? 0)];
    while (bytes.length < to) {
      if (!(await more())) return;
    }
    yield { head, body: bytes.slice(from, to) };
    bytes = bytes.slice(to);
  }
}
