/**
 * What a path template says to the type checker: the names of its parameters and their types.
 *
 * @module
 */
import type { Infer, Schema } from "../schema/standard.ts";

/** The part of `Text` before the first character that cannot be in a parameter's name. */
export type ParamName<Text extends string> = Text extends
  | `${infer Head}/${string}`
  | `${infer Head}(${string}`
  | `${infer Head}?${string}`
  | `${infer Head}*${string}`
  | `${infer Head}+${string}`
  | `${infer Head}.${string}`
  | `${infer Head}-${string}`
  | `${infer Head}{${string}`
  | `${infer Head}}${string}` ? ParamName<Head>
  : Text;

/** The names of the parameters of a path template; `"0"` is the trailing wildcard's. */
export type ParamNames<Path extends string> = string extends Path ? string
  : NamedParams<Path> | (Path extends `${string}/*` ? "0" : never);

/** The names after each colon of a path template. */
export type NamedParams<Path extends string> = Path extends `${infer Head}\\:${infer Tail}`
  ? NamedParams<Head> | NamedParams<Tail>
  : Path extends `${string}:${infer Tail}` ? ParamName<Tail> | NamedParams<Tail>
  : never;

/** What an undeclared parameter binds to: text, or its segments where it may span several. */
export type UndeclaredParam<Path extends string, Key extends string> = Key extends "0"
  ? readonly string[]
  : Path extends `${string}:${Key}*${string}` | `${string}:${Key}+${string}` ? readonly string[]
  : Path extends `${string}:${Key}?${string}` ? string | undefined
  : string;

/** The declared types of path parameters: a schema each, only for names the template has. */
export type PathSpec<Path extends string> = { readonly [Key in ParamNames<Path>]?: Schema };

/** What a handler gets as `path`. */
export type PathOf<Path extends string, Declared> = Declared extends Schema ? Infer<Declared>
  : {
    readonly [Key in ParamNames<Path>]: Declared extends Readonly<Record<Key, Schema>>
      ? Infer<Declared[Key]>
      : UndeclaredParam<Path, Key>;
  };
