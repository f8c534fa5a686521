/**
 * Classes that are the platform's to whoever asks with `instanceof`, and build nothing of it.
 *
 * The constructors of undici cost 4 to 11 µs on Node, most of it for members that nobody reads.
 *
 * @module
 */

/** What a class that is a `Request` extends. */
export const RequestShape: new () => Request = shapeOf(Request.prototype);

/** What a class that is a `Response` extends. */
export const ResponseShape: new () => Response = shapeOf(Response.prototype);

/** What a class that is a `Headers` extends. */
export const HeadersShape: new () => Headers = shapeOf(Headers.prototype);

/** Whether the platform is Deno, in whose `node:` modules and classes some things are otherwise. */
export const isDeno: boolean = "Deno" in globalThis;

/** What Node's logs ask an object for; the platform's own answers work on its own classes only. */
export const inspected: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/** A class whose instances inherit from a prototype without its constructor having been called. */
function shapeOf<Shape extends object>(prototype: Shape): new () => Shape {
  function Inherited(): void {}
  Inherited.prototype = prototype;
  return Inherited as unknown as new () => Shape;
}
