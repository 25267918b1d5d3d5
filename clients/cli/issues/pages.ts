import type { KiteClient } from '../../../core/contract/client.ts';
import type { Issue } from '../../../core/contract/issue.ts';
import type { ListQuery } from './filters.ts';

/** Issues of one request: enough that requests do not count, and few enough that a page is no memory. */
const pageSize = 200;

/** The issues that match, page by page. */
export interface Found {
  readonly pages: AsyncIterable<readonly Issue[]>;
  /** How many match in all; known with the first page. */
  total(): { readonly count: number; readonly isLowerBound: boolean };
}

/** @param limit how many at most; 0 is all of them */
export function findIssues(client: KiteClient, query: ListQuery, limit: number, signal?: AbortSignal): Found {
  let total = { count: 0, isLowerBound: false };
  async function* pages(): AsyncGenerator<readonly Issue[]> {
    let left = limit === 0 ? Number.POSITIVE_INFINITY : limit;
    let cursor: string | undefined;
    do {
      const { body } = await client.call(
        'issues.list',
        { query: { ...query, limit: Math.min(left, pageSize), cursor } },
        signal === undefined ? {} : { signal },
      );
      if (cursor === undefined) total = { count: body.total, isLowerBound: body.totalIsLowerBound === true };
      left -= body.data.length;
      yield body.data;
      cursor = body.nextCursor ?? undefined;
    } while (cursor !== undefined && left > 0);
  }
  return { pages: pages(), total: () => total };
}
