import { defineProblem } from "../errors";

const TOKEN_IN_FILE = defineProblem("NL-TOKEN-IN-FILE", "Files hold no value that is only known while Terraform runs");

/** Stand-ins of cdktf for values that only Terraform knows: text, lists, and numbers (which look like -8.109562212591379e+298). */
const TOKEN = /[$#]\{TfToken\[|-\d\.\d+e\+2[89]\d/;

/** Whether `text` holds a value that is only known while Terraform runs. */
export function hasToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Refuses `text` if it would put such a value into a file, which is written long before. `origin` is the construct at fault. */
export function refuseTokens(origin: string, where: string, text: string): void {
  if (!hasToken(text)) return;
  throw TOKEN_IN_FILE({
    path: origin,
    what: `${where} would hold a value that is only known while Terraform runs; files are written before that`,
    value: text.split("\n").find(hasToken),
    allowed: "values that are known at synthesis",
    remedy: "pass plain data, or read it from a file or manifest",
  });
}
