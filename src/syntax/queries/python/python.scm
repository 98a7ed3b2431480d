; Names and literals
(identifier) @name
(true) @true
(false) @false
(none) @null
(integer) @number
(float) @number
(string) @str
(interpolation expression: (_) @hole.value) @hole
(format_expression expression: (_) @hole.value) @hole
(concatenated_string) @concat
(dotted_name) @text

; Expressions
(attribute object: (_) @field.base attribute: (_) @field.name) @field
(subscript value: (_) @index.base) @index
(subscript subscript: (_) @index.key) @index
(call function: (_) @call.callee arguments: (_) @call.args) @call
(exec_statement "exec" @call.callee code: (_) @call.arg) @call
(print_statement "print" @call.callee argument: (_) @call.arg) @call
(keyword_argument name: (_) @labelled.label value: (_) @labelled.value) @labelled
(list_splat (_) @spread.value) @spread
(dictionary_splat (_) @spread.value) @spread
(parenthesized_list_splat (_) @same.value) @same
(parenthesized_expression (_) @same.value) @same
(await (_) @same.value) @same
(yield "yield" @unary.op (_) @unary.value) @unary
(binary_operator left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(boolean_operator left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(comparison_operator) @chain
(not_operator argument: (_) @unary.value) @unary
(unary_operator operator: _ @unary.op argument: (_) @unary.value) @unary
(conditional_expression . (_) @choice.then . (_) @choice.cond . (_) @choice.else) @choice
(named_expression name: (_) @assign.target value: (_) @assign.value) @assign
(tuple) @collection
(list) @collection
(set) @collection
(dictionary) @collection
(expression_list) @list
(pair key: (_) @pair.key value: (_) @pair.value) @pair
(list_comprehension body: (_) @comprehension.body) @comprehension
(set_comprehension body: (_) @comprehension.body) @comprehension
(dictionary_comprehension body: (_) @comprehension.body) @comprehension
(generator_expression body: (_) @comprehension.body) @comprehension
(for_in_clause left: (_) @each.target right: (_) @each.iterable) @each
(if_clause (_) @same.value) @same

; Assignments
(assignment left: (_) @assign.target) @assign
(assignment type: (_) @assign.hint) @assign
(assignment right: (_) @assign.value) @assign
(augmented_assignment left: (_) @assign.target operator: _ @assign.op right: (_) @assign.value) @assign
(pattern_list) @pattern
(tuple_pattern) @pattern
(list_pattern) @pattern
(list_splat_pattern (_) @same.value) @same
(dictionary_splat_pattern (_) @same.value) @same
(as_pattern (_) @assign.value alias: (as_pattern_target (_) @assign.target)) @assign
(as_pattern_target (_) @same.value) @same

; Statements
(return_statement) @return
(return_statement (_) @return.value) @return
(raise_statement) @throw
(raise_statement . (_) @throw.value) @throw
(assert_statement . (_) @assert.cond) @assert
(if_statement condition: (_) @if.cond consequence: (_) @if.then) @if
(if_statement alternative: (_) @if.else) @if
(elif_clause condition: (_) @elif.cond consequence: (_) @elif.then) @elif
(while_statement condition: (_) @loop.cond body: (_) @loop.body) @loop
(while_statement alternative: (_) @loop.after) @loop
(for_statement left: (_) @loop.target right: (_) @loop.iterable body: (_) @loop.body) @loop
(for_statement alternative: (_) @loop.after) @loop
(match_statement subject: (_) @switch.value) @switch
(match_statement body: (_) @switch.body) @switch
(case_clause (case_pattern) @case.value) @case
(case_clause guard: (_) @case.cond) @case
(case_clause consequence: (_) @case.body) @case
(case_clause (case_pattern) @case.binds) @case
(case_pattern (_) @same.value) @same
(case_pattern (dotted_name . (identifier) .) @shorthand)
(case_pattern "_") @skip
(class_pattern (dotted_name) @call.callee) @call
(class_pattern (case_pattern) @call.arg) @call
(keyword_pattern . (_) @labelled.label . (_) @labelled.value) @labelled
(splat_pattern (_) @same.value) @same
(try_statement body: (_) @try.body) @try
(try_statement (except_clause) @try.handler) @try
(try_statement (else_clause) @try.after) @try
(try_statement (finally_clause) @try.finally) @try
(except_clause (block) @handler.body) @handler
(except_clause value: (_) @handler.caught) @handler
(except_clause value: (as_pattern . (_) @handler.caught)) @handler
(except_clause value: (as_pattern alias: (as_pattern_target (_) @handler.binds))) @handler
(with_statement (with_clause (with_item) @with.item) body: (_) @with.body) @with
(delete_statement (_) @delete.value) @delete
(break_statement) @break
(continue_statement) @continue
(global_statement) @skip
(nonlocal_statement) @skip
(type_alias_statement) @skip

; Functions
(function_definition name: (_) @function.name parameters: (_) @function.params body: (_) @function.body) @function
(function_definition return_type: (_) @function.returns) @function
(function_definition name: (_) @function.hidden (#match? @function.hidden "^_[^_]|^__.*[^_]$")) @function
(class_definition body: (block (function_definition) @function @function.bound))
(class_definition body: (block (decorated_definition definition: (function_definition) @function @function.bound)))
(decorated_definition
  (decorator (identifier) @function.static (#eq? @function.static "staticmethod"))
  definition: (function_definition) @function)
(lambda body: (_) @function.value) @function
(lambda parameters: (_) @function.params) @function
(assignment left: (identifier) @function.name right: (lambda) @function)
(decorator . (_) @annotation.value) @annotation
(default_parameter name: (_) @param.name value: (_) @param.value) @param
(typed_parameter . (_) @param.name type: (_) @param.hint) @param
(typed_default_parameter name: (_) @param.name type: (_) @param.hint value: (_) @param.value) @param
(keyword_separator) @skip
(positional_separator) @skip

; Classes
(class_definition name: (_) @class.name body: (_) @class.body) @class
(class_definition superclasses: (argument_list (_) @class.base)) @class

; Imports
(import_statement name: (dotted_name . (identifier) @import.path @import.local) @import)
(import_statement name: (aliased_import name: (_) @import.path alias: (_) @import.local) @import)
(import_from_statement module_name: (_) @import.path name: (dotted_name) @import.member @import)
(import_from_statement module_name: (_) @import.path
  name: (aliased_import name: (_) @import.member alias: (_) @import.local) @import)
(import_from_statement module_name: (_) @import.path (wildcard_import) @import.wildcard @import)
(import_statement) @skip
(import_from_statement) @skip
(future_import_statement) @skip
