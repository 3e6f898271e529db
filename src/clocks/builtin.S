/* builtin.S - data/clocks.json as it lies in the program. A NUL follows it. */
	.section .rodata
	.globl clocks_builtin_begin
	.globl clocks_builtin_end
	.type clocks_builtin_begin, %object
	.type clocks_builtin_end, %object
clocks_builtin_begin:
	.incbin "data/clocks.json"
clocks_builtin_end:
	.byte 0
	.size clocks_builtin_begin, clocks_builtin_end - clocks_builtin_begin
	.size clocks_builtin_end, 1

	.section .note.GNU-stack, "", %progbits
