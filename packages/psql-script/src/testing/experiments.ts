/** Scripts that show one rule each: the trickiest of psql's lexer. */
export const experiments: Readonly<Record<string, string>> = {
  "an escape string over two lines": "select E'a'\n'b\\'; c';\nselect 'next';",
  "an escape string over a carriage return": "select E'a'\r'b\\'; c';\nselect 1;",
  "semicolons in parentheses and brackets":
    "create rule r as on insert to t do also (select 1; select 2;);\nselect 1);select 2;\nselect [1;select 2];",
  "a body and a transaction":
    "create or replace function f(a int) returns int begin atomic select case when a>1 then 1 else 2 end; select 2; end;\nselect 1; begin; select 2; end;",
  "a routine named begin":
    "create function s.begin() returns int language sql as 'select 1';\nselect 2;\nselect 3; end; select 4;",
  "a body inside of CREATE SCHEMA":
    "create schema s create function f() returns int begin atomic select 1; end;",
  "a body with a glued statement":
    "create function f() begin atomic select 1 \\; select 2; end;\nselect 3;",
  "nested comments": "/* a /* ; */ ; ' */ select 1; -- ; '",
  "what is a dollar quote and what is not":
    "select a$b$c; select 1$$; $$; \nselect $a-b$ ; $a-b$;\nselect $1$ ; $1$; select $1a$b; $1a$$; $$;",
  "numbers with something glued to them":
    "select 1a$$; $$; select 1ae'\\'; select 2; select '; select 1e'\\'; select 3; select ';",
  "numbers and comments":
    "select 1e--x;\n; select 1.e-5--;\n; select 1..2--;\n; select 1_0--;\n; select 0x1e'\\';--'",
  "variable forms":
    "\\set a 1\nselect x::a, y:=:a, arr[1::a], arr[:a:2], arr[1:a], ':a', \":a\", $$:a$$, :{?a}, :{?no}, :{?}, :{x}, :'a b', a:a, \\:a;",
  "quoted variable forms":
    "\\set s 'it''s \\\\ back'\n\\set t 'my \"tab'\nselect :'s', :\"t\", :n, :'n', :\"n\";",
  "values that are halves and commands":
    "\\set q 'select 1; select 2'\n\\set half 'select ''abc'\n\\set bs 'select 3 \\\\g'\n\\set rec ':rec + 1'\n:q;\n:half def';\n:bs\nselect :rec;",
  "carriage returns": "select\r\n'a'\r\n'b';\r\n\\echo hi\r\n\\set v x y\r\nselect :'v';\r\n",
  "a byte order mark and empty lines":
    "\ufeffselect\n\n\n2;\nselect 'a\n\n\nb';\n\n/* a\n\nb */ select 1;",
  "text behind a command": "\\echo x \\: y\n\\echo meta\n",
  separators:
    "\\set a 5 \\\\ select :a; \\echo x \\\\ select 2;\n\\echo b -- c\nselect 5\\g\\\\ select 6;\n",
  "an unclosed quote in an argument": "\\echo 'abc\nselect 1;\n",
  "a semicolon behind a command": "select 1 \\g;\nselect 2;",
  "a boolean with a semicolon": "\\timing on;\nselect 2;",
  "a quit in the midst of a statement": "select 1\n\\q\nselect 2;",
  "an unknown command in a skipped branch": "\\if false\n\\nosuch\n\\endif\nselect 1;",
  "a skipped part of a statement": "select\n\\if true\n 1\n\\else\n (bogus\n\\endif\n, 2;",
  "a block that is never closed": "select 1;\n\\if true\nselect 2;\n",
  "an end without a beginning": "select 1;\n\\endif\nselect 2;",
  "a skipped half of a routine":
    "\\if false\ncreate function f() begin atomic select 1;\n\\endif\nselect 1; select 2;",
  "conditions of all spellings":
    "\\if t \\echo a \\\\ select 1; \\endif\n\\if o \\\\ select 2; \\endif\n\\if 2 \\\\ select 3; \\endif\n\\if 'true' \\\\ select 4; \\endif\n\\if tru e \\\\ select 5; \\endif\n\\if ON \\\\ select 6; \\endif",
  "nothing and next to nothing": ";;\n/* c */",
  "an unclosed string at the end": "select 1; select 'a;\n",
  "two backslashes in a statement": "select 1 \\\\ select 2;",
  "a comment in an assignment": "\\set x 'a' -- note\nselect :'x';",
  "a guard": "\\if :{?tbl} \\else \\echo 'ERROR' \\quit \\endif\nselect 1;",
  "the previous query": "select 5 as x; \\gset\n\\g\nselect 6 \\r\n\\g\n",
  "a stop that is switched off": "\\set ON_ERROR_STOP off \\\\ \\nosuch\nselect 1;",
  "a stop that is off":
    "\\set ON_ERROR_STOP 0\n\\nosuch\nselect 1;\n\\set ON_ERROR_STOP\n\\nosuch\nselect 2;",
  "special variables":
    "\\set AUTOCOMMIT\n\\set ECHO_HIDDEN\n\\set VERBOSITY TERSE\n\\set FETCH_COUNT 0x10\n\\echo :FETCH_COUNT\n\\unset FETCH_COUNT\nselect :'VERBOSITY', :'FETCH_COUNT';\n\\set SHOW_CONTEXT no\nselect 1;",
  "an argument's escapes": "\\set v 'a''b\\tc\\101\\x42\\303\\251\\q'\nselect :'v';",
  "arguments that touch": "\\set a 1\n\\set v a'b c'd:a:'a':\"a\":{?a}:b x\nselect :'v';",
  "restricted mode": "\\restrict k\nselect :v;\n\\unrestrict nope\nselect 2;",
  "a command behind another": "\\x\\a\\\\select 1;",
};
