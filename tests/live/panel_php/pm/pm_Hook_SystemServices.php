<?php
abstract class pm_Hook_SystemServices
{
}
