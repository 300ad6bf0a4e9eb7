;; where only what had been removed had names, a section of no names was written (--remove-unused-module-elements)
(module
  (table $unused 7 funcref)
  (func (export "f") (result i32) (i32.const 1)))
