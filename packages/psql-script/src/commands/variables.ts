import type { CommandCall } from "./command-call.js";

/** `\set`: the value is all arguments, glued. */
export async function setVariable(call: CommandCall): Promise<void> {
  const { variables, output } = call.run;
  const name = await call.arguments.next();
  if (name === undefined) {
    for (const [known, value] of variables.list()) {
      output.write(`${known} = '${value.replaceAll("'", "''")}'\n`, "stdout");
    }
    return;
  }
  const value = (await call.arguments.rest()).join("");
  const refusal = variables.set(name, value);
  if (refusal !== undefined) {
    throw call.fail(refusal);
  }
  if (name === "ON_ERROR_STOP" && !variables.isOn("ON_ERROR_STOP")) {
    call.warn("errors do not stop the script from here on");
  }
  if (!variables.isOn("ON_ERROR_STOP") && variables.isOn("ON_ERROR_ROLLBACK")) {
    throw call.refuse(
      "ON_ERROR_ROLLBACK needs ON_ERROR_STOP on",
      "Use SAVEPOINT, or a BEGIN … EXCEPTION block in PL/pgSQL.",
    );
  }
}

/** `\unset`. */
export async function unsetVariable(call: CommandCall): Promise<void> {
  call.run.variables.unset(await required(call));
}

/** `\getenv variable ENVIRONMENT_VARIABLE`: changes nothing where the latter is not set. */
export async function getEnvironment(call: CommandCall): Promise<void> {
  const name = await required(call);
  const value = call.run.environment.get(await required(call));
  const refusal = value === undefined ? undefined : call.run.variables.set(name, value);
  if (refusal !== undefined) {
    throw call.fail(refusal);
  }
}

/** `\setenv NAME [value]`. */
export async function setEnvironment(call: CommandCall): Promise<void> {
  const name = await required(call);
  if (name.includes("=")) {
    throw call.fail(`an environment variable's name cannot have a "="`);
  }
  const value = await call.arguments.next();
  if (value === undefined) {
    call.run.environment.delete(name);
  } else {
    call.run.environment.set(name, value);
  }
}

/** The next argument, which a command cannot do without. */
export async function required(call: CommandCall): Promise<string> {
  const value = await call.arguments.next();
  if (value === undefined) {
    throw call.fail("an argument is missing");
  }
  return value;
}
