# Every error in Russian. A key is a code of the protocol; docs/CONTRIBUTING.md says how a language is written.

## Parts of other messages

wait = { $unit ->
    [second] { $count ->
        [one] через { $count } секунду
        [few] через { $count } секунды
        [many] через { $count } секунд
       *[other] через { $count } секунды
    }
    [minute] { $count ->
        [one] через { $count } минуту
        [few] через { $count } минуты
        [many] через { $count } минут
       *[other] через { $count } минуты
    }
    [hour] { $count ->
        [one] через { $count } час
        [few] через { $count } часа
        [many] через { $count } часов
       *[other] через { $count } часа
    }
    [day] { $count ->
        [one] через { $count } день
        [few] через { $count } дня
        [many] через { $count } дней
       *[other] через { $count } дня
    }
   *[later] позже
}

## Frames, bodies and fields

malformed_frame = Сообщение протокола должно быть объектом JSON с полем type.
unknown_type = Такой тип сообщения протокола неизвестен.
malformed_body = Тело запроса должно быть объектом JSON.
invalid_field = Поле { $field } отсутствует или заполнено неверно.

## Messages

message_empty = Сообщение пустое.
message_too_large = Сообщение слишком длинное; помещается не больше { $max ->
    [one] { $max } байта
    [few] { $max } байт
    [many] { $max } байт
   *[other] { $max } байта
}.
metadata_too_large = Метаданные слишком большие; помещается не больше { $max ->
    [one] { $max } байта
    [few] { $max } байт
    [many] { $max } байт
   *[other] { $max } байта
}.
idempotency_conflict = Этот id уже использован для другого сообщения.
message_not_found = Такого сообщения в этом разговоре нет.
conflict = Кто-то успел раньше; посмотрите, что там теперь.
reset = Загрузите этот разговор заново.

## Sessions and members

invalid_session_id = Это не идентификатор разговора.
not_a_member = Вы не участвуете в этом разговоре.
forbidden = Ваша роль этого не позволяет.
session_expired = Этот разговор завершён.
user_not_found = Такого пользователя нет.
member_not_found = Такого участника в этом разговоре нет.
invite_invalid = Приглашение недействительно или больше не действует.
limit_reached = Больше создать нельзя: достигнут предел.
not_found = Здесь ничего нет.

## Signing in

unauthorized = Сначала войдите.
token_expired = Срок действия токена доступа истёк; обновите его.
invalid_credentials = Неверный адрес электронной почты или пароль.
email_taken = Этот адрес электронной почты уже занят.
already_signed_up = Этот пользователь уже зарегистрирован.
invalid_email = Это не адрес электронной почты.
invalid_password = Длина пароля — от { $min } до { $max } символов.
refresh_token_invalid = Токен обновления недействителен; войдите снова.
refresh_token_reused = Токен обновления уже был использован; войдите снова.
ticket_invalid = Билет недействителен.
ticket_expired = Срок действия билета истёк; запросите новый.
ticket_used = Билет уже был использован; запросите новый.

## Limits and faults

rate_limited = Слишком много запросов; повторите { wait }.
quota_exceeded = Сообщения на сегодня исчерпаны; повторите { wait }.
unavailable = Сейчас это недоступно; повторите попытку.
internal = Что-то пошло не так на нашей стороне.
