const schemas =
  "(SELECT oid FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema')";
const relations = `(SELECT oid FROM pg_class WHERE relnamespace IN ${schemas})`;

/**
 * Lists what the schemas of a database hold, one definition a row, in the server's own words: equal
 * lists mean equal schemas. Rows of tables are not part of it.
 */
export const catalog = `
SELECT line FROM (
  SELECT format('relation %s %s', oid::regclass, relkind) AS line
    FROM pg_class WHERE relnamespace IN ${schemas}
  UNION ALL SELECT format('column %s %s %I %s %s %s', attrelid::regclass, attnum, attname,
      format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND attrelid IN ${relations}
  UNION ALL SELECT format('constraint %s %s %s %I %s', conrelid::regclass,
      format_type(contypid, NULL), contype, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace IN ${schemas}
  UNION ALL SELECT format('enum %s %s %s', enumtypid::regtype, enumsortorder, enumlabel)
    FROM pg_enum
  UNION ALL SELECT format('type %s %s %s', oid::regtype, typtype, format_type(typbasetype, typtypmod))
    FROM pg_type WHERE typnamespace IN ${schemas}
  UNION ALL SELECT format('sequence %I %I %s %s %s %s', schemaname, sequencename, data_type,
      start_value, increment_by, last_value) FROM pg_sequences
  UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace IN ${schemas}
  UNION ALL SELECT pg_get_ruledef(oid) FROM pg_rewrite WHERE ev_class IN ${relations}
  UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid IN ${relations}
  UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid IN ${relations}
  UNION ALL SELECT format('comment %s: %s', pg_describe_object(classoid, objoid, objsubid), description)
    FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid IN ${relations}
  UNION ALL SELECT format('namespace %I %s', nspname, nspowner::regrole)
    FROM pg_namespace WHERE oid IN ${schemas}
) AS catalog ORDER BY line COLLATE "C"`;
