;; an exception that a delegate leads past a catch_all was taken to be caught by it (--vacuum)
(module
  (type (;0;) (func (result i32)))
  (type (;1;) (func (param i32 f32)))
  (type (;2;) (func))
  (tag (;0;) (type 1) (param i32 f32))
  (export "f11" (func 1))
  (func (;0;) (type 0) (result i32)
    (try (;@1;)
      (do
        (block (;@2;)
          (try (;@3;)
            (do
              (try (;@4;)
                (do
                  (throw 0 (i32.const 0) (f32.convert_i32_s (i32.const 0))))
                (delegate 1 (;@2;))))
            (catch_all))))
      (catch_all))
    (i32.const 0))
  (func (;1;) (type 2)
    (drop (call 0))))
