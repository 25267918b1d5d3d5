/** An answer whose status keeps its literal type, so that it is checked against the operation's. */
export function answer<Status extends number, Body>(status: Status, body: Body) {
  return { status, body } as const;
}

/** An answer without a body. */
export function empty<Status extends number>(status: Status) {
  return { status } as const;
}
