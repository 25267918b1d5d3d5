import { ClusterFailure } from './failure.ts';

const LINE_FEED = 0x0a;
/** An object in etcd has 1.5 MiB at the most; as JSON, with the event around it, it is not ten times that. */
const LONGEST = 16 * 1024 * 1024;

/** The lines of a stream of bytes, without their ends; what follows the last end is cut off and left out. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      pieces.push(chunk.subarray(start, end));
      const line = Buffer.concat(pieces).toString('utf8');
      pieces = [];
      length = 0;
      start = end + 1;
      if (line !== '') {
        yield line;
      }
    }
    if (start < chunk.length) {
      pieces.push(chunk.subarray(start));
      length += chunk.length - start;
      if (length > LONGEST) {
        throw new ClusterFailure(`a line is longer than ${LONGEST} bytes`);
      }
    }
  }
}
