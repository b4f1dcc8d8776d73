# Every error in Arabic. A key is a code of the protocol; docs/CONTRIBUTING.md says how a language is written.

## Parts of other messages

wait = { $unit ->
    [second] { $count ->
        [zero] بعد { $count } ثانية
        [one] بعد ثانية واحدة
        [two] بعد ثانيتين
        [few] بعد { $count } ثوانٍ
        [many] بعد { $count } ثانية
       *[other] بعد { $count } ثانية
    }
    [minute] { $count ->
        [zero] بعد { $count } دقيقة
        [one] بعد دقيقة واحدة
        [two] بعد دقيقتين
        [few] بعد { $count } دقائق
        [many] بعد { $count } دقيقة
       *[other] بعد { $count } دقيقة
    }
    [hour] { $count ->
        [zero] بعد { $count } ساعة
        [one] بعد ساعة واحدة
        [two] بعد ساعتين
        [few] بعد { $count } ساعات
        [many] بعد { $count } ساعة
       *[other] بعد { $count } ساعة
    }
    [day] { $count ->
        [zero] بعد { $count } يوم
        [one] بعد يوم واحد
        [two] بعد يومين
        [few] بعد { $count } أيام
        [many] بعد { $count } يومًا
       *[other] بعد { $count } يوم
    }
   *[later] لاحقًا
}

## Frames, bodies and fields

malformed_frame = الإطار ليس كائن JSON يحتوي على الحقل type.
unknown_type = نوع الإطار هذا غير معروف.
malformed_body = نص الطلب ليس كائن JSON.
invalid_field = الحقل { $field } مفقود أو صيغته غير صحيحة.

## Messages

message_empty = الرسالة فارغة.
message_too_large = الرسالة طويلة جدًا؛ الحد الأقصى { $max ->
    [zero] { $max } بايت
    [one] بايت واحد
    [two] بايتان
    [few] { $max } بايتات
    [many] { $max } بايتًا
   *[other] { $max } بايت
}.
metadata_too_large = البيانات الوصفية كبيرة جدًا؛ الحد الأقصى { $max ->
    [zero] { $max } بايت
    [one] بايت واحد
    [two] بايتان
    [few] { $max } بايتات
    [many] { $max } بايتًا
   *[other] { $max } بايت
}.
idempotency_conflict = استُخدم هذا المعرّف من قبل لرسالة أخرى.
message_not_found = لا توجد رسالة كهذه في هذه المحادثة.
conflict = سبقك شخص آخر؛ راجع الوضع الحالي.
reset = حمّل هذه المحادثة من جديد.

## Sessions and members

invalid_session_id = هذا ليس معرّف محادثة.
not_a_member = لست عضوًا في هذه المحادثة.
forbidden = دورك لا يسمح بذلك.
session_expired = انتهت هذه المحادثة.
user_not_found = لا يوجد مستخدم كهذا.
invite_invalid = هذه الدعوة غير صالحة أو لم تعد صالحة.
limit_reached = بلغت الحد الأقصى المسموح به.
not_found = لا يوجد شيء هنا.

## Signing in

unauthorized = سجّل الدخول أولًا.
token_expired = انتهت صلاحية رمز الوصول؛ جدّده.
invalid_credentials = عنوان البريد الإلكتروني أو كلمة المرور غير صحيحة.
email_taken = يوجد حساب بعنوان البريد الإلكتروني هذا.
already_signed_up = أنشأ هذا المستخدم حسابًا من قبل.
invalid_email = هذا ليس عنوان بريد إلكتروني.
invalid_password = تتكوّن كلمة المرور من { $min } إلى { $max } حرفًا.
refresh_token_invalid = رمز التجديد غير صالح؛ سجّل الدخول من جديد.
refresh_token_reused = استُخدم رمز التجديد من قبل؛ سجّل الدخول من جديد.
ticket_invalid = التذكرة غير صالحة.
ticket_expired = انتهت صلاحية التذكرة؛ اطلب تذكرة جديدة.
ticket_used = استُخدمت التذكرة من قبل؛ اطلب تذكرة جديدة.

## Limits and faults

rate_limited = طلبات كثيرة جدًا؛ حاول مرة أخرى { wait }.
quota_exceeded = نفدت رسائل اليوم؛ حاول مرة أخرى { wait }.
unavailable = هذا غير متاح الآن؛ حاول مرة أخرى.
internal = حدث خطأ من جانبنا.
