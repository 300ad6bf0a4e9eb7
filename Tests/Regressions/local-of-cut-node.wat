;; the scan for indexes met a node that is not in the tree any more, of a local that was gone (--vacuum --reorder-locals --loop-pointers)
(module
  (func (export "f") (param i32)
    (local i32 i32 i32)
    (block (local.set 3 (i32.const 0)) (br 0))
    (drop (local.tee 3 (i32.const 0)))
    (if (i32.const 0) (then (local.set 2 (i32.const 0))))))
