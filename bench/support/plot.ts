/**
 * Draws lines over time as an SVG of its own, with axes and a legend, as a page of Markdown shows it.
 *
 * Colours can be told apart with every kind of sight (Okabe and Ito), and dashes without any.
 *
 * @module
 */

/** A line of a plot. */
export interface Line {
  /** Its name in the legend. */
  readonly name: string;
  /** Its points; where `y` is no number the line has a gap. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** An axis of a plot. */
export interface Axis {
  /** What it shows, with its unit. */
  readonly label: string;
  /**
   * Where it ends; it begins at 0, or at `least` if it is logarithmic.
   *
   * @default the largest value, rounded up
   */
  readonly most?: number;
  /**
   * Makes it logarithmic from this value on.
   *
   * @default none
   */
  readonly least?: number;
}

/** What a plot shows. */
export interface Plot {
  /** Its title. */
  readonly title: string;
  /** The axis to the right. */
  readonly x: Axis;
  /** The axis upwards. */
  readonly y: Axis;
  /** Its lines, at most five. */
  readonly lines: readonly Line[];
  /** A stretch of the x axis in which something happens. */
  readonly band?: { readonly from: number; readonly until: number; readonly name: string };
}

const styles: readonly (readonly [colour: string, dash: string])[] = [
  ["#d55e00", ""],
  ["#0072b2", ""],
  ["#009e73", "6 3"],
  ["#cc79a7", "2 3"],
  ["#56b4e9", "8 3 2 3"],
];

const size = { width: 720, height: 360, left: 64, right: 16, top: 40, bottom: 72 };
const inner = {
  width: size.width - size.left - size.right,
  height: size.height - size.top - size.bottom,
};

/** The SVG of a plot. */
export function svgOf({ title, x, y, lines, band }: Plot): string {
  const all = lines.flatMap(({ points }) => points);
  const [across, up] = [
    scaleOf(x, all.map(([value]) => value), inner.width),
    scaleOf(y, all.map(([, value]) => value), inner.height),
  ];
  const column = (value: number): number => size.left + across.place(value);
  const row = (value: number): number => size.top + inner.height - up.place(value);
  const bottom = size.top + inner.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" ` +
    `font-family="system-ui, sans-serif" font-size="12" fill="#222">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(size.left, 22, title, `font-size="15" font-weight="600"`),
    ...band === undefined ? [] : [
      `<rect x="${at(column(band.from))}" y="${size.top}" ` +
      `width="${at(column(band.until) - column(band.from))}" height="${inner.height}" ` +
      `fill="#f3ecd8"/>`,
      text(column(band.from) + 4, size.top + 14, band.name, `fill="#7a6a3a"`),
    ],
    ...up.ticks.flatMap((tick) => [
      `<path d="M${size.left} ${at(row(tick))}h${inner.width}" stroke="#ddd"/>`,
      text(size.left - 6, row(tick) + 4, written(tick), `text-anchor="end"`),
    ]),
    ...across.ticks.map((tick) =>
      text(column(tick), bottom + 16, written(tick), `text-anchor="middle"`)
    ),
    `<path d="M${size.left} ${size.top}v${inner.height}h${inner.width}" stroke="#222" fill="none"/>`,
    text(size.left + inner.width / 2, bottom + 34, x.label, `text-anchor="middle"`),
    `<g transform="translate(16 ${size.top + inner.height / 2}) rotate(-90)">` +
    `${text(0, 0, y.label, `text-anchor="middle"`)}</g>`,
    ...lines.map(({ points }, index) =>
      `<path d="${pathOf(points, column, row)}" ${strokeOf(index)}/>`
    ),
    ...legend(lines),
    "</svg>",
    "",
  ].join("\n");
}

interface Scale {
  readonly ticks: readonly number[];
  place(value: number): number;
}

function scaleOf({ most, least }: Axis, values: readonly number[], length: number): Scale {
  const largest = most ?? values.reduce((a, b) => Number.isFinite(b) ? Math.max(a, b) : a, 0);
  if (least !== undefined) {
    const decades = Math.max(1, Math.ceil(Math.log10(largest / least) - 1e-9));
    return {
      ticks: Array.from({ length: decades + 1 }, (_, power) => least * 10 ** power),
      place: (value) => {
        return length * Math.log10(Math.max(least, value) / least) / decades;
      },
    };
  }
  const step = stepOf(largest);
  const steps = Math.max(1, Math.ceil(largest / step - 1e-9));
  // An end that was asked for stays, be it no round one.
  const end = most ?? steps * step;
  return {
    ticks: Array.from({ length: steps + 1 }, (_, count) => count * step)
      .filter((tick) => tick <= end * (1 + 1e-9)),
    place: (value) => length * Math.min(value, end) / end,
  };
}

/** A round step that divides a length into four to ten. */
function stepOf(length: number): number {
  const unit = 10 ** Math.floor(Math.log10(length > 0 ? length : 1));
  const count = length / unit;
  if (count < 2) return unit / 5;
  return count < 5 ? unit / 2 : unit;
}

function pathOf(
  points: Line["points"],
  column: (value: number) => number,
  row: (value: number) => number,
): string {
  let isOpen = false;
  let path = "";
  for (const [x, y] of points) {
    if (!Number.isFinite(y)) {
      isOpen = false;
      continue;
    }
    path += `${isOpen ? "L" : "M"}${at(column(x))} ${at(row(y))}`;
    isOpen = true;
  }
  return path;
}

function legend(lines: readonly Line[]): string[] {
  let left = size.left;
  return lines.flatMap(({ name }, index) => {
    const start = left;
    left += 44 + 6.5 * name.length;
    const height = size.height - 14;
    return [
      `<path d="M${at(start)} ${height - 4}h24" ${strokeOf(index)}/>`,
      text(start + 30, height, name),
    ];
  });
}

function strokeOf(index: number): string {
  const [colour, dash] = styles[index % styles.length] ?? ["#222", ""];
  const dashes = dash === "" ? "" : ` stroke-dasharray="${dash}"`;
  return `fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"${dashes}`;
}

function text(x: number, y: number, words: string, attributes = ""): string {
  const more = attributes === "" ? "" : ` ${attributes}`;
  return `<text x="${at(x)}" y="${at(y)}"${more}>${escaped(words)}</text>`;
}

function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function written(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
