/**
 * An event of a stream that a server sends (HTML standard, section 9.2; spec `SseEvent`).
 *
 * @module
 */

/** An event as it was received. */
export interface SseEvent {
  /** The type of the event; `message` where the stream says none. */
  readonly event: string;
  /** What it carries; several lines are parted by line feeds. */
  readonly data: string;
  /** The last id that the stream gave, in this event or before it; empty where there was none. */
  readonly id: string;
  /** How long to wait before connecting again, in ms, where this event says it. */
  readonly retry?: number;
}
