// Lets Node find the one package that the transport loads, where npx put it.
import { registerHooks } from "node:module";
import { delimiter, dirname } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.env.PATH.split(delimiter).find((path) => /_npx.*\.bin$/.test(path));
const parentURL = pathToFileURL(`${dirname(folder)}/x.js`).href;
registerHooks({
  resolve(specifier, context, next) {
    if (!/^(?:npm:)?undici(?:@|$)/.test(specifier)) return next(specifier, context);
    return next("undici", { ...context, parentURL });
  },
});
