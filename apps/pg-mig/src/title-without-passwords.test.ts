import { expect, it } from "vitest";
import { titleWithoutPasswords } from "./title-without-passwords.js";

it.each([
  [["--pass=a b", "apply"], "pg-mig --pass=*** apply"],
  [["apply", "--pass", "--dry", "--dry"], "pg-mig apply --pass *** --dry"],
  [["--hosts=postgres://ann:pw@db1", "plan"], "pg-mig --hosts=*** plan"],
  [["--hosts", "host=db1 password=pw"], "pg-mig --hosts ***"],
  [["--hosts=db1,db2:5433/app", "apply"], undefined],
  [["rehearse", "--scratch=postgres://ann:pw@db1"], "pg-mig rehearse --scratch=***"],
  [["rehearse", "--scratch=embedded"], undefined],
  [["undo", "20240101000000.a.sh"], undefined],
])("shows %j as %j", (args, title) => {
  expect(titleWithoutPasswords(args)).toBe(title);
});
