/**
 * The media types of files by the extension of their names.
 *
 * The table has what the web serves and nothing else: a hundred types cost nothing to load, where a
 * package with the two thousand registered ones would be this library's only dependency on every
 * request for a file. Texts are UTF-8. What a file contains is never looked at.
 *
 * @module
 */

/** What a file of no known extension is: bytes, which no browser takes for a page. */
export const unknownMimeType = "application/octet-stream";

/** One line a type: the type, then its extensions. */
const table = `
text/html html htm
text/css css
text/javascript js mjs cjs
text/plain txt text log conf ini
text/markdown md markdown
text/csv csv
text/tab-separated-values tsv
text/calendar ics
text/vcard vcf
text/vtt vtt
text/xml xml xsd
text/xsl xsl xslt
application/json json map
application/ld+json jsonld
application/geo+json geojson
application/json5 json5
application/jsonl jsonl ndjson
application/manifest+json webmanifest
application/yaml yaml yml
application/toml toml
application/xhtml+xml xhtml xht
application/atom+xml atom
application/rss+xml rss
application/rdf+xml rdf
application/wasm wasm
application/pdf pdf
application/rtf rtf
application/epub+zip epub
application/postscript ps eps
application/sql sql
application/zip zip
application/gzip gz tgz
application/zstd zst
application/x-bzip2 bz2
application/x-xz xz
application/x-7z-compressed 7z
application/x-tar tar
application/vnd.rar rar
application/java-archive jar
application/vnd.apple.mpegurl m3u8
application/dash+xml mpd
application/vnd.android.package-archive apk
application/vnd.ms-fontobject eot
application/vnd.sqlite3 sqlite sqlite3
application/vnd.apache.parquet parquet
application/vnd.apache.arrow.file arrow
application/msword doc
application/vnd.ms-excel xls
application/vnd.ms-powerpoint ppt
application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
application/vnd.oasis.opendocument.text odt
application/vnd.oasis.opendocument.spreadsheet ods
application/vnd.oasis.opendocument.presentation odp
image/png png
image/jpeg jpg jpeg jpe jfif
image/gif gif
image/svg+xml svg
image/webp webp
image/avif avif
image/apng apng
image/bmp bmp
image/tiff tif tiff
image/heic heic
image/heif heif
image/jxl jxl
image/vnd.microsoft.icon ico cur
font/woff2 woff2
font/woff woff
font/ttf ttf
font/otf otf
font/collection ttc
audio/mpeg mp3
audio/mp4 m4a
audio/aac aac
audio/ogg ogg oga opus
audio/flac flac
audio/wav wav
audio/webm weba
audio/midi mid midi
video/mp4 mp4 m4v
video/webm webm
video/ogg ogv
video/mpeg mpeg mpg
video/mp2t ts m2ts
video/quicktime mov
video/x-msvideo avi
video/x-matroska mkv
video/3gpp 3gp
model/gltf-binary glb
model/gltf+json gltf
model/obj obj
model/stl stl
model/vnd.usdz+zip usdz
`;

/** The type of each extension. */
const types: ReadonlyMap<string, string> = readTable();

function readTable(): Map<string, string> {
  const read = new Map<string, string>();
  for (const line of table.trim().split("\n")) {
    const [type = "", ...extensions] = line.split(" ");
    const whole = type.startsWith("text/") ? `${type}; charset=utf-8` : type;
    for (const extension of extensions) read.set(extension, whole);
  }
  return read;
}

/**
 * The media type of a file by its name, whose case does not count.
 *
 * A name that starts with its only dot has no extension.
 *
 * @param name the last part of a path.
 * @param more types by extension, in lower case and without its dot; they go before the built-in ones.
 * @returns `application/octet-stream` where the extension is not known, or there is none.
 *
 * @example
 * ```ts
 * import { mimeTypeOf } from "@pirouette/http";
 *
 * console.log(mimeTypeOf("index.html")); // text/html; charset=utf-8
 * console.log(mimeTypeOf("LICENSE")); // application/octet-stream
 * ```
 */
export function mimeTypeOf(name: string, more?: ReadonlyMap<string, string>): string {
  const dot = name.lastIndexOf(".");
  if (dot <= 0) return unknownMimeType;
  const extension = name.slice(dot + 1).toLowerCase();
  return more?.get(extension) ?? types.get(extension) ?? unknownMimeType;
}
