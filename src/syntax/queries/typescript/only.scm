; Casts in angle brackets, which `.tsx` cannot have.
(type_assertion . (type_arguments (_) @cast.hint) . (_) @cast.value) @cast
