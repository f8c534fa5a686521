import type { Schema } from "../schema/standard.ts";
import type { Binding } from "./query_binding.ts";
export interface BodyRules { readonly limit: number; readonly lax: boolean }
export function bodyBinding(_schema: Schema, _rules: BodyRules): Binding {
  return (exchange) => exchange.request.json();
}
