/**
 * What a source file does, read from its syntax tree: whom it imports, what it names, and what it
 * runs when it is loaded. Comments and strings are not code here, so examples in docs do not count.
 *
 * Uses Deno's own parser through its lint plugins, and therefore works in `deno test` only.
 *
 * @module
 */

/** One import or re-export. */
export interface Import {
  /** As written: `../message/fetch.ts`, `zod`, `node:fs`. */
  readonly specifier: string;
  /** Whether only types cross, so that nothing is loaded. */
  readonly typeOnly: boolean;
  /** Whether it is an `import()`, loaded when reached. */
  readonly dynamic: boolean;
}

/** A source file and what was found in it. */
export interface Source {
  /** Path from the repository's root: `src/message/fetch.ts`. */
  readonly path: string;
  /** The text. */
  readonly text: string;
  /** Everything it imports or re-exports from. */
  readonly imports: readonly Import[];
  /** Names of the runtime and of run-time code generation that it uses: `Deno`, `eval`, `Function`. */
  readonly names: ReadonlySet<string>;
  /** Statements other than declarations that run when the file is loaded. */
  readonly effects: readonly string[];
  /** Statements that are not re-exports. */
  readonly ownStatements: readonly string[];
}

/** The repository's root. */
export const root: URL = new URL("../../", import.meta.url);

/** Reads every TypeScript file under a folder of the repository. */
export function readSources(folder: string): Source[] {
  return listFiles(folder)
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readSource(path));
}

/** Reads one file of the repository. */
export function readSource(path: string): Source {
  return parseSource(path, Deno.readTextFileSync(new URL(path, root)));
}

/** Finds out what a text does that would stand at `path`. */
export function parseSource(path: string, text: string): Source {
  const imports: Import[] = [];
  const names = new Set<string>();
  const effects: string[] = [];
  const ownStatements: string[] = [];

  const create = ({ sourceCode }: Deno.lint.RuleContext): Deno.lint.LintVisitor => ({
    Program({ body }) {
      for (const statement of body) {
        const line = sourceCode.getText(statement).split("\n", 1)[0] ?? "";
        if (runsOnLoad.has(statement.type) && !setsOwn(statement, text)) effects.push(line);
        if (!isReexport(statement)) ownStatements.push(line);
      }
    },
    ImportDeclaration({ source, importKind }) {
      imports.push({
        specifier: source.value,
        typeOnly: importKind === "type",
        dynamic: false,
      });
    },
    ExportAllDeclaration({ source, exportKind }) {
      imports.push({ specifier: source.value, typeOnly: exportKind === "type", dynamic: false });
    },
    ExportNamedDeclaration({ source, exportKind }) {
      if (source === null) return;
      imports.push({ specifier: source.value, typeOnly: exportKind === "type", dynamic: false });
    },
    ImportExpression({ source }) {
      const known = source.type === "Literal" && typeof source.value === "string";
      const specifier = known ? String(source.value) : sourceCode.getText(source);
      imports.push({ specifier, typeOnly: false, dynamic: true });
    },
    Identifier({ name }) {
      if (name === "Deno" || name === "eval") names.add(name);
    },
    NewExpression({ callee }) {
      if (callee.type === "Identifier" && callee.name === "Function") names.add("Function");
    },
    CallExpression({ callee }) {
      if (callee.type === "Identifier" && callee.name === "Function") names.add("Function");
    },
  });
  Deno.lint.runPlugin({ name: "house", rules: { read: { create } } }, path, text);
  return { path, text, imports, names, effects, ownStatements };
}

/**
 * Statements that do something on load. A loop that fills a table of the file's own is let through,
 * and so is a declaration's initial value: those are left to review.
 */
const runsOnLoad: ReadonlySet<string> = new Set([
  "BlockStatement",
  "DoWhileStatement",
  "ExpressionStatement",
  "IfStatement",
  "LabeledStatement",
  "SwitchStatement",
  "ThrowStatement",
  "TryStatement",
  "WhileStatement",
]);

/** Whether a statement finishes a declaration of its own file: `Params.prototype = …`. */
function setsOwn(statement: Deno.lint.Program["body"][number], text: string): boolean {
  if (statement.type !== "ExpressionStatement") return false;
  if (statement.expression.type !== "AssignmentExpression") return false;
  const [start, end] = statement.expression.left.range;
  const name = /^\w+/.exec(text.slice(start, end))?.[0];
  return new RegExp(`^(export )?(const|let|class|function) ${name}\\b`, "m").test(text);
}

function isReexport(statement: Deno.lint.Program["body"][number]): boolean {
  return statement.type === "ExportAllDeclaration" ||
    statement.type === "ExportNamedDeclaration" && statement.source !== null;
}

/** Files under a folder of the repository, as paths from its root; none if there is no folder. */
export function listFiles(folder: string): string[] {
  try {
    return [...Deno.readDirSync(new URL(`${folder}/`, root))]
      .flatMap(({ name, isDirectory }) =>
        isDirectory ? listFiles(`${folder}/${name}`) : [`${folder}/${name}`]
      )
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
