// How long reading 10 MB of SQL takes: `pnpm build && node bench/lexer.mjs`
import { parseScript, tokenize } from "../dist/index.js";

const schema = (i) => `
--
-- Name: account_${i}; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.account_${i} (
    id bigint DEFAULT nextval('public.account_id_seq'::regclass) NOT NULL,
    "Name" text DEFAULT 'it''s; unnamed'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT positive CHECK (((id > 0) AND (length("Name") < 100)))
);

CREATE FUNCTION public.touch_${i}() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
BEGIN
  NEW.updated_at := now(); -- ;
  RETURN NEW;
END;
$_$;

INSERT INTO public.account_${i} VALUES (1, 'one', '2020-01-01 00:00:00+00'), (2, E'two\\n', now());
ALTER TABLE ONLY public.account_${i} ADD CONSTRAINT account_${i}_pkey PRIMARY KEY (id);
`;

let text = "";
for (let i = 0; text.length < 10_000_000; i++) {
  text += schema(i);
}

for (const [name, read] of [
  ["parseScript", () => parseScript(text, { file: "dump.sql" }).statements.length],
  ["tokenize", () => tokenize(text).length],
]) {
  const start = performance.now();
  const count = read();
  const ms = performance.now() - start;
  const size = (text.length / 1e6).toFixed(1);
  process.stdout.write(`${name}: ${size} MB, ${count} pieces, ${ms.toFixed(0)} ms\n`);
}
