// placeholder of the lead, overwrite me
export interface Encoded { readonly body: BodyInit | null; readonly contentType: string | undefined }
export function encodePayload(value: unknown, options: { mediaType?: string | undefined; subtypePrefix?: string | undefined; quoteStrings?: boolean } = {}): Encoded | Promise<Encoded> {
  if (typeof value === "string") return { body: value, contentType: options.mediaType };
  return { body: JSON.stringify(value), contentType: options.mediaType ?? "application/json" };
}
